import type { CountryCode } from 'libphonenumber-js';
import { UsageError } from '../../postgres/errors/explained-error.js';

/** A telephone number of a list: as it is imported, or why it cannot be. */
export type ReadNumber = { readonly number: string } | { readonly reason: string };

const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * Makes a function that reads a spelling of a telephone number. A number in E.164 is imported as it is: the database judges it,
 * and no list of numbering plans is younger than the newest numbers. What cannot be read is imported as it is, too: the
 * database rejects it and suggests how to correct it.
 *
 * @param country of numbers in national format, such as `IT`
 * @throws UsageError `unknown_country`
 * @example
 * ```ts
 * const readNumber = await makeNumberReader('IT');
 * readNumber('333 123 4567'); // { number: '+393331234567' }
 * ```
 */
export async function makeNumberReader(country: string | undefined): Promise<(text: string) => ReadNumber> {
  const { isSupportedCountry, parsePhoneNumberWithError } = await import('libphonenumber-js/min');
  const defaultCountry = country?.toUpperCase() as CountryCode | undefined;
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) {
    throw new UsageError('unknown_country', `${country} is not the code of a country.`, {
      remedy: 'Give the two letters of ISO 3166, such as IT.',
    });
  }
  return (text) => {
    if (E164.test(text)) return { number: text };
    try {
      const parsed = parsePhoneNumberWithError(text, {
        ...(defaultCountry && { defaultCountry }),
        extract: false,
      });
      if (parsed.ext !== undefined) return { reason: 'An extension cannot be dialled.' };
      if (parsed.isPossible()) return { number: parsed.number };
      return {
        reason: `phone_number has too few or too many digits for ${parsed.country ?? 'its country'}.`,
      };
    } catch {
      return { number: text };
    }
  };
}

import { UsageError } from './explained-error.js';

/**
 * Checks options that must be texts, for a caller without types and for a variable of the environment that is not set.
 *
 * @param name of the function that was called
 * @param texts the names of its required options
 * @throws UsageError `bad_argument`; the message has no value
 * @example
 * ```ts
 * checkOptions('up', options, 'url', 'directory');
 * ```
 */
export function checkOptions(name: string, options: unknown, ...texts: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError('bad_argument', `${name} takes an object of options.`, {
      remedy: `Pass one with ${texts.join(' and ')}.`,
    });
  }
  for (const text of texts) {
    const value: unknown = Reflect.get(options, text);
    if (typeof value === 'string') continue;
    throw new UsageError(
      'bad_argument',
      `The option ${text} of ${name} is not a text, but ${typeof value}.`,
      {
        remedy: `Pass a text as ${text}. If it comes from a variable of the environment, check that the variable is set.`,
      },
    );
  }
}

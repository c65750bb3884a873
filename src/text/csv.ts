/**
 * Formats a row as a line of CSV, as `copy … (format csv)` of PostgreSQL does: a null is empty, and an empty text is `""`.
 *
 * @param delimiter one character
 * @example
 * ```ts
 * csvLine(['a', null, '', 'say "no"']); // a,,"","say ""no"""
 * ```
 */
export function csvLine(values: readonly (string | null)[], delimiter = ','): string {
  return `${values.map((value) => (value === null ? '' : csvValue(value, delimiter))).join(delimiter)}\n`;
}

function csvValue(value: string, delimiter: string): string {
  // A line with only \. would end the data for a psql that reads it.
  const needsQuotes = value === '' || value === '\\.' || value.includes(delimiter) || /["\r\n]/.test(value);
  return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
}

/** What a spreadsheet calculates instead of showing it: a text that begins like a formula and is no plain number. */
const FORMULA = /^[=+\-@\t\r]/;
const PLAIN_NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;

/**
 * Puts an apostrophe before a text that a spreadsheet would execute as a formula. A number with a sign, such as a telephone
 * number, stays as it is.
 *
 * @example
 * ```ts
 * escapeFormula('=1+1'); // '=1+1
 * escapeFormula('+4920000011'); // +4920000011
 * ```
 */
export function escapeFormula(value: string): string {
  return FORMULA.test(value) && !PLAIN_NUMBER.test(value) ? `'${value}` : value;
}

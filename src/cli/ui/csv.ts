/**
 * Formats a row as a line of CSV, as `copy … (format csv)` of PostgreSQL does: a null is empty, and an empty text is `""`.
 *
 * @example
 * ```ts
 * csvLine(['a', null, '', 'say "no"']); // a,,"","say ""no"""
 * ```
 */
export function csvLine(values: readonly (string | null)[]): string {
  return `${values.map((value) => (value === null ? '' : csvValue(value))).join(',')}\n`;
}

function csvValue(value: string): string {
  // A line with only \. would end the data for a psql that reads it.
  const needsQuotes = value === '' || value === '\\.' || /[",\r\n]/.test(value);
  return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
}

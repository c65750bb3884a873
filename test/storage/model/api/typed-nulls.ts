import { expect } from 'vitest';
import { NULLABLE } from '../../../../src/schema/nullable.js';

const RESULTS: Readonly<Record<string, readonly string[]>> = NULLABLE.results;
const VALUES: readonly string[] = NULLABLE.values;

/**
 * Fails if a call of the API returned null where the types of `voicesurvey-db/schema` rule it out. They are made from
 * `src/schema/nullable.ts`, because the catalog does not say which results may be null.
 *
 * @param sql the call
 * @param rows its rows or its value, as JSON has them
 */
export function expectTypedNulls(sql: string, rows: readonly unknown[]): void {
  const [, name = ''] = /^voicesurvey\.(\w+)\(/.exec(sql) ?? [];
  for (const row of rows)
    expect(nullsOf(name, row), `null in the result of ${name}, against its type`).toEqual([]);
}

/** The columns that are null and may not be. */
function nullsOf(name: string, row: unknown): readonly string[] {
  if (row === null) return VALUES.includes(name) ? [] : ['the value'];
  const nullable = RESULTS[name];
  if (typeof row !== 'object' || nullable === undefined) return [];
  return Object.entries(row).flatMap(([column, value]) =>
    value === null && !nullable.includes(column) ? [column] : [],
  );
}

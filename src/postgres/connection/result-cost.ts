/** The memory that `pg` needs for the description of a column, in bytes. */
export const COST_OF_COLUMN = 256;
/** The memory that `pg` needs for the result of a command without rows, in bytes. */
export const COST_OF_COMMAND = 512;
/** The memory that a row takes besides its values, in bytes. */
const COST_OF_ROW = 128;
/** The memory that a value takes besides its characters, in bytes. */
const COST_OF_VALUE = 40;
/**
 * The memory that a character of a parsed value takes: `[],[],[]` and `{},{},{}` become objects that are twenty times as
 * long as their text.
 */
const COST_OF_PARSED_CHARACTER = 16;

/** The first number of a type that a user has created. `pg` parses none of these. */
const FIRST_USER_TYPE = 16_384;
/** The types of PostgreSQL whose values stay strings or become a Buffer: bytea, char, name, bigint, text, numeric, uuid … */
const UNPARSED_TYPES = new Set([17, 18, 19, 20, 25, 26, 142, 705, 1042, 1043, 1700, 2275, 2950]);

/**
 * Estimates the memory that a row of a result takes, in bytes.
 *
 * @param bytes hold the content of a well-formed row from `start` to `end`
 * @param types of its columns, as numbers of PostgreSQL
 */
export function costOfRow(bytes: Buffer, start: number, end: number, types: readonly number[]): number {
  let cost = COST_OF_ROW + types.length * COST_OF_VALUE + end - start;
  let at = start + 2;
  for (const type of types) {
    const length = Math.max(0, bytes.readInt32BE(at));
    if (isParsed(type)) cost += length * COST_OF_PARSED_CHARACTER;
    at += 4 + length;
  }
  return cost;
}

function isParsed(type: number): boolean {
  return type < FIRST_USER_TYPE && !UNPARSED_TYPES.has(type);
}

import pg from '../driver/pg.js';
import { protocolViolation } from './protocol-errors.js';

/** Dates and times without a range, and arrays of them. */
const DATE_TYPES = new Set([1082, 1114, 1115, 1182, 1184, 1185]);
/** No date has as many digits in a row. The time in which `pg` parses one grows with the square of their number. */
const TOO_MANY_DIGITS = /\d{30}/;

/**
 * Returns the types of `pg`, which parse the values of rows, with one difference: a value that its type does not have, such
 * as JSON that does not end, is a ConnectionError. The error does not repeat the value, which may be a person's.
 *
 * @param where the described target
 */
export function valueTypes(where: string): pg.CustomTypesConfig {
  const getTypeParser = (type: number, format?: 'text' | 'binary') => {
    const parse = pg.types.getTypeParser(type, format);
    return (value: string | Buffer): unknown => {
      try {
        if (!isEndlessDate(type, value)) return parse(value);
      } catch {
        // The error of the parser may repeat the value.
      }
      throw protocolViolation(where, `a value that the type with the OID ${type} does not have`);
    };
  };
  return { getTypeParser } as pg.CustomTypesConfig;
}

function isEndlessDate(type: number, value: string | Buffer): boolean {
  return DATE_TYPES.has(type) && typeof value === 'string' && TOO_MANY_DIGITS.test(value);
}

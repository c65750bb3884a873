import pg from '../driver/pg.js';
import { protocolViolation } from './protocol-errors.js';

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
        return parse(value);
      } catch {
        throw protocolViolation(where, `a value that the type with the OID ${type} does not have`);
      }
    };
  };
  return { getTypeParser } as pg.CustomTypesConfig;
}

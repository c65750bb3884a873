import { createHash } from 'node:crypto';

/** Returns the id of a row by its name, always the same. */
export function idOf(name: string): string {
  const hex = createHash('md5').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const NAME = /(?<![:\w]):([a-z]\w*)/g;

/** Returns the names of rows in SQL, such as `:ada`. */
export function namesIn(sql: string): Set<string> {
  return new Set(Array.from(sql.matchAll(NAME), ([, name = '']) => name));
}

/**
 * Replaces the names of rows by their ids.
 *
 * @param sql statements that name rows, as in `where id = :ada`
 * @param known the names of existing rows; a name that begins with `new` is always accepted, for a row that is inserted
 * @param idOfName the id of a name; {@link idOf} by default
 * @throws Error if a name is unknown, so that a misspelt test does not update nothing
 */
export function withIds(
  sql: string,
  known: Pick<ReadonlySet<string>, 'has'>,
  idOfName: (name: string) => string = idOf,
): string {
  return sql.replace(NAME, (_, name: string) => {
    if (!known.has(name) && !name.startsWith('new')) throw new Error(`There is no row ":${name}".`);
    return `'${idOfName(name)}'`;
  });
}

import { createHash } from 'node:crypto';

/** The id of a row of the history, by its name; always the same. */
export function idOf(name: string): string {
  const hex = createHash('md5').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const NAME = /(?<![:\w]):([a-z]\w*)/g;

/** The names, such as `:ada`, that stand in SQL. */
export function namesIn(sql: string): Set<string> {
  return new Set(Array.from(sql.matchAll(NAME), ([, name = '']) => name));
}

/**
 * SQL with ids for names.
 *
 * @param sql statements in which rows are named, as in `where id = :ada`
 * @param known the names that there are; besides them one that begins with `new` is a row to come
 * @throws Error where a name is misspelt, so that no test writes to nothing
 */
export function withIds(sql: string, known: Pick<ReadonlySet<string>, 'has'>): string {
  return sql.replace(NAME, (_, name: string) => {
    if (!known.has(name) && !name.startsWith('new')) throw new Error(`There is no row ":${name}".`);
    return `'${idOf(name)}'`;
  });
}

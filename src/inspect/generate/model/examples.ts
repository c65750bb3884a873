import type { FunctionModel } from './functions.js';

/** Finds an example of a function: SQL that calls it. */
export type FindExample = (routine: FunctionModel) => string | undefined;

/**
 * Reads the examples on a page in Markdown: the statements of its blocks of SQL. The example of a function is the first
 * statement that calls it by its name with the schema.
 */
export function examplesIn(markdown: string): FindExample {
  const statements = Array.from(markdown.matchAll(/^```sql\n(.*?)^```$/gms), ([, sql = '']) => sql).flatMap(
    (sql) => sql.trim().split(/(?<=;)\n\s*\n/),
  );
  return ({ name }) => {
    const call = new RegExp(`(?<![\\w.$"])${escapePattern(name)}\\s*\\(`);
    return name.includes('.') ? statements.find((statement) => call.test(statement)) : undefined;
  };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

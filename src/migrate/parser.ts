import { setFlagsFromString } from 'node:v8';
import type { RawStmt } from 'libpg-query';

/** PostgreSQL's own parser: the statements of a text. It throws an error with `sqlDetails` for what is no SQL. */
export type Parse = (sql: string) => RawStmt[];

/**
 * Loads the parser: 1.7 MB of WebAssembly, so only when the first file has to be parsed, never by a run with nothing
 * to do.
 */
export async function loadParser(): Promise<Parse> {
  const { parseSync } = await load();
  return (sql) => compilingOnce(() => parseSync(sql).stmts ?? []);
}

/** PL/pgSQL's own parser: the tree of a `do` block or of a `create function`, which PostgreSQL does not document. */
export async function loadBodyParser(): Promise<(statement: string) => unknown> {
  const { parsePlPgSQLSync } = await load();
  return (statement) => compilingOnce(() => parsePlPgSQLSync(statement));
}

async function load(): Promise<typeof import('libpg-query')> {
  const parser = await import('libpg-query');
  compileOnce(true);
  try {
    await parser.loadModule();
  } finally {
    compileOnce(false);
  }
  return parser;
}

function compilingOnce<Result>(work: () => Result): Result {
  compileOnce(true);
  try {
    return work();
  } finally {
    compileOnce(false);
  }
}

/**
 * A run parses a few files and ends. Code of the parser that V8 compiles a second time, optimized, in the background,
 * comes too late to be of use, and takes 25 MB of memory; so while the parser works it does not. The two flags are
 * named one by one: `--no-liftoff-only` would not take back what `--liftoff-only` implies, and a program that calls us
 * would be left without optimized WebAssembly.
 */
function compileOnce(isOn: boolean): void {
  const on = isOn ? 'no-' : '';
  setFlagsFromString(`--${on}wasm-tier-up`);
  setFlagsFromString(`--${on}wasm-dynamic-tiering`);
}

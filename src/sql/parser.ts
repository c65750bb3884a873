import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { RawStmt } from 'libpg-query';

const parsedFolder = new URL('../parsed/', import.meta.url);

/**
 * PostgreSQL's own parser: returns the statements of a text.
 * It throws an error with `sqlDetails` for a text that is not SQL.
 */
export type Parse = (sql: string) => RawStmt[];

type Parser = typeof import('libpg-query');

let loading: Promise<Parser> | undefined;
let prepare = (): void => {};

/**
 * Sets what runs once before the parser is loaded. It is for the command line, which may change the flags of its process.
 *
 * @example
 * ```ts
 * beforeParserLoads(() => setFlagsFromString('--no-wasm-tier-up'));
 * ```
 */
export function beforeParserLoads(action: () => void): void {
  prepare = action;
}

/**
 * Loads PostgreSQL's parser, which is 1.7 MB of WebAssembly. Call it only when a file has to be parsed: a run without
 * pending migrations never needs it.
 */
export async function loadParser(): Promise<Parse> {
  const { parseSync } = await loadOnce();
  return (sql) => parseSync(sql).stmts ?? [];
}

/** Loads the parser of PL/pgSQL. Its tree of a `do` block or a `create function` is not documented by PostgreSQL. */
export async function loadBodyParser(): Promise<(statement: string) => unknown> {
  const { parsePlPgSQLSync } = await loadOnce();
  return parsePlPgSQLSync;
}

function loadOnce(): Promise<Parser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Parser> {
  prepare();
  // `require` needs 7 MB and a third of the time less than `import`.
  const parser: Parser = createRequire(import.meta.url)('libpg-query');
  await parser.loadModule();
  return parser;
}

/**
 * Reads the parse tree of one of the package's own migrations. The build has written it, so that a deploy of the product
 * saves the 50 ms and 15 MB that loading the parser takes.
 *
 * @param checksum of the file's text; a file that was changed after the build has another one
 * @returns undefined if the file has to be parsed
 */
export function parsedAtBuild(checksum: string): RawStmt[] | undefined {
  const file = new URL(`${checksum}.json`, parsedFolder);
  // Most folders hold other files. Testing for existence is faster than catching an error for each of them.
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

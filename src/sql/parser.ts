import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { RawStmt } from 'libpg-query';

const parsedFolder = new URL('../parsed/', import.meta.url);

/** PostgreSQL's own parser: the statements of a text. It throws an error with `sqlDetails` for what is no SQL. */
export type Parse = (sql: string) => RawStmt[];

type Parser = typeof import('libpg-query');

let loading: Promise<Parser> | undefined;

/**
 * Loads the parser: 1.7 MB of WebAssembly, so only when the first file has to be parsed, never by a run with nothing
 * to do.
 */
export async function loadParser(): Promise<Parse> {
  const { parseSync } = await loadOnce();
  return (sql) => compilingOnce(() => parseSync(sql).stmts ?? []);
}

/** PL/pgSQL's own parser: the tree of a `do` block or of a `create function`, which PostgreSQL does not document. */
export async function loadBodyParser(): Promise<(statement: string) => unknown> {
  const { parsePlPgSQLSync } = await loadOnce();
  return (statement) => compilingOnce(() => parsePlPgSQLSync(statement));
}

function loadOnce(): Promise<Parser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Parser> {
  const done = compileOnce();
  try {
    // By `require`, which takes 7 MB and a third of the time less than `import`.
    const parser: Parser = createRequire(import.meta.url)('libpg-query');
    await parser.loadModule();
    return parser;
  } finally {
    done();
  }
}

function compilingOnce<Result>(work: () => Result): Result {
  const done = compileOnce();
  try {
    return work();
  } finally {
    done();
  }
}

let users = 0;

/**
 * A run parses a few files and ends. Code of the parser that V8 compiles a second time, optimized, in the background,
 * comes too late to be of use, and takes more time than all the rest of the run and 45 MB; so it does not, until the
 * event loop turns after the last file. The two flags are named one by one: `--no-liftoff-only` would not take back
 * what `--liftoff-only` implies, and a program that calls us would be left without optimized WebAssembly.
 *
 * @returns to be called when it is done
 */
function compileOnce(): () => void {
  if (users++ === 0) optimize(false);
  return () => {
    setImmediate(() => {
      if (--users === 0) optimize(true);
    });
  };
}

function optimize(on: boolean): void {
  for (const flag of ['wasm-tier-up', 'wasm-dynamic-tiering']) {
    setFlagsFromString(on ? `--${flag}` : `--no-${flag}`);
  }
}

/**
 * What the parser says to a migration of the package's own: it was asked when the package was built, so that a deploy
 * of the product does without the 50 ms and 15 MB that it takes to load.
 *
 * @param checksum of the file's text; a file that was changed since is not known by it
 * @returns undefined where the parser has to be asked
 */
export function parsedAtBuild(checksum: string): RawStmt[] | undefined {
  const file = new URL(`${checksum}.json`, parsedFolder);
  // Most files of most folders are not ours, and an error for each would take its time.
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { RawStmt } from 'libpg-query';
import { prepareForParser } from './before-parser.js';
import { cutBelow, DEEPEST } from './cut-tree.js';

const parsedFolder = new URL('../parsed/', import.meta.url);

/**
 * PostgreSQL's own parser: returns the statements of a text.
 * It throws an error with `sqlDetails` for a text that is not SQL, and {@link ParserOverflow} for one that is nested too
 * deeply.
 */
export type Parse = (sql: string) => RawStmt[];

/** The major version of PostgreSQL whose syntax the parser knows. */
export const PARSED_MAJOR = 18;

/** The parser has no stack left, for example for a sum of ten thousand terms. */
export class ParserOverflow extends Error {}

type Parser = typeof import('libpg-query');

/** An instance of the parser. After an overflow, its memory is in an unknown state. */
interface LoadedParser {
  readonly parser: Parser;
  hasOverflowed: boolean;
}

const require = createRequire(import.meta.url);
let loading: Promise<LoadedParser> | undefined;

/**
 * Loads PostgreSQL's parser, which is 1.7 MB of WebAssembly. Call it only when a file has to be parsed: a run without
 * pending migrations never needs it.
 */
export async function loadParser(): Promise<Parse> {
  const loaded = await loadOnce();
  return (sql) => withoutOverflow(loaded, ({ parseSync }) => parseSync(sql).stmts ?? []);
}

/** Loads the parser of PL/pgSQL. Its tree of a `do` block or a `create function` is not documented by PostgreSQL. */
export async function loadBodyParser(): Promise<(statement: string) => unknown> {
  const loaded = await loadOnce();
  return (statement) => withoutOverflow(loaded, ({ parsePlPgSQLSync }) => parsePlPgSQLSync(statement));
}

function loadOnce(): Promise<LoadedParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<LoadedParser> {
  await prepareForParser();
  // `require` needs 7 MB and a third of the time less than `import`.
  const parser: Parser = require('libpg-query');
  await parser.loadModule();
  return { parser, hasOverflowed: false };
}

/** Never uses an instance that has overflowed. The next one is loaded from the beginning. */
function withoutOverflow<Result>(loaded: LoadedParser, parse: (parser: Parser) => Result): Result {
  if (loaded.hasOverflowed) throw new ParserOverflow();
  try {
    return parse(loaded.parser);
  } catch (error) {
    if (!isOverflow(error)) throw error;
    loaded.hasOverflowed = true;
    loading = undefined;
    delete require.cache[require.resolve('libpg-query')];
    throw new ParserOverflow(undefined, { cause: error });
  }
}

/** V8 reports the end of its own stack as a RangeError, and that of the parser's as an error of WebAssembly. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError');
}

/** Holds more than two hundred thousand terms of a sum. Memory is used only as far as the stack grows. */
const LARGE_STACK_MB = 256;

/** Parses in a thread with a large stack. A deep tree cannot be cloned, so it is cut before it is sent. */
const WORKER = `const { parentPort, workerData } = require('node:worker_threads');
const parser = require(workerData.parser);
const cutBelow = ${cutBelow};
parser.loadModule().then(() => {
  try {
    const { stmts = [] } = parser.parseSync(workerData.sql);
    cutBelow(stmts, ${DEEPEST});
    parentPort.postMessage({ stmts });
  } catch (error) {
    const { name, message, sqlDetails } = error;
    parentPort.postMessage({ failure: { name, message, sqlDetails } });
  }
});`;

interface Answer {
  readonly stmts?: RawStmt[];
  readonly failure?: { readonly name: string; readonly message: string; readonly sqlDetails: unknown };
}

/**
 * Parses a text for which the stack of the {@link Parse | parser} is too small.
 *
 * @throws ParserOverflow if the larger stack is too small as well, and the errors of {@link Parse}
 */
export async function parseDeeply(sql: string): Promise<RawStmt[]> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(WORKER, {
    eval: true,
    workerData: { sql, parser: require.resolve('libpg-query') },
    resourceLimits: { stackSizeMb: LARGE_STACK_MB },
  });
  try {
    const [{ stmts, failure }] = (await once(worker, 'message')) as [Answer];
    if (stmts !== undefined) return stmts;
    if (failure?.sqlDetails === undefined) throw new ParserOverflow(failure?.message);
    throw Object.assign(new Error(failure.message), { sqlDetails: failure.sqlDetails });
  } finally {
    await worker.terminate();
  }
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

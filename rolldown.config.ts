import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'libpg-query';
import { type ChunkingContext, defineConfig, type Plugin } from 'rolldown';
import { readSourceFile } from './src/migrate/files/source.js';

type Library = typeof import('./src/index.js');

/** The names of the library's asynchronous functions. */
type AsyncName = {
  [Name in keyof Library]: Library[Name] extends (...given: never[]) => Promise<unknown> ? Name : never;
}[keyof Library];

/** The functions whose modules the first call loads: all that are asynchronous. */
const LOADED_BY_CALL: Readonly<Record<AsyncName, true>> = {
  accept: true,
  baseline: true,
  check: true,
  createRoles: true,
  down: true,
  exportCampaign: true,
  findEmbeddedServer: true,
  generateDocumentation: true,
  generateSchemaPage: true,
  importContacts: true,
  importExclusions: true,
  measureLocks: true,
  newMigration: true,
  readCatalog: true,
  redo: true,
  rehearse: true,
  removeEmbeddedServer: true,
  repair: true,
  restore: true,
  seed: true,
  seedContacts: true,
  startEmbeddedServer: true,
  status: true,
  stopEmbeddedServer: true,
  up: true,
  upSets: true,
  verify: true,
  waitForServer: true,
};

const INDEX = 'src/index.ts';

/** The files in dist/parts, each with the modules it is made for. A module goes to the first one that needs it. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  // The import of the library loads the first part alone. An `up` with nothing to do loads both.
  index: [INDEX],
  up: ['src/cli/main.ts', 'src/migrate/up.ts'],
  run: ['src/migrate/script/work.ts', 'src/migrate/run/locked-run.ts', 'src/migrate/down.ts'],
  failure: ['src/postgres/query-errors.ts', 'src/postgres/login-errors.ts'],
};

// Joins the library and the command line into a few files: to find and read a hundred small ones took a third of the
// time of an `up` with nothing to do. All but the entries lie one folder deep, as in src, where paths are relative to.
export default defineConfig({
  preserveEntrySignatures: 'allow-extension',
  input: { index: INDEX, schema: 'src/schema.ts', testing: 'src/testing.ts', 'cli/main': 'src/cli/main.ts' },
  platform: 'node',
  external: /^[^./]/,
  plugins: [loadByCall(), parsedMigrations('src/storage/sql')],
  // A slow machine is no reason to warn the user of a clone.
  checks: { bundlerTimings: false },
  output: {
    dir: 'dist',
    format: 'esm',
    chunkFileNames: 'parts/[name].js',
    comments: false,
    codeSplitting: { groups: [{ name: groupOf }], includeDependenciesRecursively: false },
  },
});

/**
 * Keeps what PostgreSQL's parser says to our own migrations, see src/sql/parser.ts. A file that cannot be read or parsed is
 * left to the engine, which names file, line and column; commands that do not run the file work.
 */
function parsedMigrations(directory: string): Plugin {
  return {
    name: 'parsed-migrations',
    async generateBundle() {
      for (const name of await readdir(directory)) {
        const file = await parseFile(join(directory, name)).catch(() => undefined);
        if (file === undefined) continue;
        const { checksum, stmts } = file;
        this.emitFile({ type: 'asset', fileName: `parsed/${checksum}.json`, source: JSON.stringify(stmts) });
      }
    },
  };
}

async function parseFile(path: string) {
  const { text, checksum } = await readSourceFile(path);
  const { stmts = [] } = await parse(text);
  return { checksum, stmts };
}

/**
 * Makes the functions of the library that {@link LOADED_BY_CALL} names load their modules, so that the import of the package
 * loads few. In src/index.ts they are plain exports, with their types and their documentation.
 */
function loadByCall(): Plugin {
  return {
    name: 'load-by-call',
    transform: {
      filter: { id: /\/src\/index\.ts$/ },
      handler: (code) => code.replaceAll(/^export \{([^}]*)\} from ('[^']+');/gm, exportByCall),
    },
  };
}

function exportByCall(_statement: string, list: string, path: string): string {
  const values = list.split(/,\s*/).filter((name) => !/^\s*(?:type |$)/.test(name));
  return values
    .map((name) => name.trim())
    .map((name) =>
      name in LOADED_BY_CALL
        ? `export async function ${name}(...given) { return (await import(${path})).${name}(...given); }`
        : `export { ${name} } from ${path};`,
    )
    .join('\n');
}

/** Names the file in dist that a module goes to; null leaves it to rolldown. */
function groupOf(id: string, context: ChunkingContext): string | null {
  const part = Object.keys(PARTS).find((name) => isNeededBy(name, id, context));
  const isCli = id.includes('/src/cli/');
  if (part === 'up') return isCli ? 'cli' : part;
  if (isCli || context.getModuleInfo(id)?.isEntry) return null;
  return part ?? (isNeededBy('library', id, context) ? 'library' : null);
}

/** Whether a module is one of those that a part is made for, or is loaded with one of them. */
function isNeededBy(part: string, id: string, context: ChunkingContext, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const { importers = [], dynamicImporters = [] } = context.getModuleInfo(id) ?? {};
  const isEntry =
    PARTS[part]?.some((entry) => id.endsWith(`/${entry}`)) ??
    // What no other part has, and a function of the library loads.
    dynamicImporters.some((importer) => importer.endsWith(`/${INDEX}`));
  return isEntry || importers.some((importer) => isNeededBy(part, importer, context, seen));
}

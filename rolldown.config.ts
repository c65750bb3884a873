import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'libpg-query';
import { type ChunkingContext, defineConfig, type Plugin } from 'rolldown';
import { readSourceFile } from './src/migrate/files/source.js';

/** What an `up` with nothing to do loads, what one with pending files loads beside it, and what the library has beside them. */
const UP = ['src/cli/main.ts', 'src/cli/commands/up.ts', 'src/migrate/up.ts'];
const RUN = ['src/migrate/script/work.ts', 'src/migrate/run/locked-run.ts', 'src/migrate/down.ts'];
const LIBRARY = ['src/index.ts'];

// Joins the library and the command line into a few files: to find and read a hundred small ones took a third of the
// time of an `up` with nothing to do. All but the entries lie one folder deep, as in src, where paths are relative to.
export default defineConfig({
  preserveEntrySignatures: 'allow-extension',
  input: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  platform: 'node',
  external: /^[^./]/,
  plugins: [parsedMigrations('src/storage/sql')],
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

/** Names the file in dist that a module goes to; null leaves it to rolldown. */
function groupOf(id: string, context: ChunkingContext): string | null {
  if (isImportedBy(UP, id, context)) return id.includes('/src/cli/') ? 'cli' : 'up';
  if (isImportedBy(RUN, id, context)) return 'run';
  const isEntry = context.getModuleInfo(id)?.isEntry;
  return isImportedBy(LIBRARY, id, context) && !isEntry ? 'library' : null;
}

/** Whether a module is one of these entries, or is loaded with one of them. */
function isImportedBy(
  entries: readonly string[],
  id: string,
  context: ChunkingContext,
  seen = new Set<string>(),
): boolean {
  if (entries.some((entry) => id.endsWith(`/${entry}`))) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  const importers = context.getModuleInfo(id)?.importers ?? [];
  return importers.some((importer) => isImportedBy(entries, importer, context, seen));
}

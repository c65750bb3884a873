import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'libpg-query';
import { defineConfig, type Plugin } from 'rolldown';
import { readSourceFile } from './src/migrate/files/source.js';

// Joins the library and the command line into a few files: to find and read a hundred small ones took a third of the
// time of an `up` with nothing to do. All but the entries lie one folder deep, as in src, where paths are relative to.
// What an `up` needs is in one of them; what other commands need beside it, they load themselves.
const SHARED =
  /src\/(text|sql|catalog|migrate|seed\/(seed|paths)|postgres\/(?!embedded|throwaway)|inspect\/(baseline\/differences|locks\/modes))/;

export default defineConfig({
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
    codeSplitting: { groups: [{ name: 'shared', test: SHARED }] },
  },
});

/** Keeps what PostgreSQL's parser says to our own migrations, see src/sql/parser.ts. */
function parsedMigrations(directory: string): Plugin {
  return {
    name: 'parsed-migrations',
    async generateBundle() {
      for (const name of await readdir(directory)) {
        const { text, checksum } = await readSourceFile(join(directory, name));
        const { stmts = [] } = await parse(text);
        this.emitFile({ type: 'asset', fileName: `parsed/${checksum}.json`, source: JSON.stringify(stmts) });
      }
    },
  };
}

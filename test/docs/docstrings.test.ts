import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import * as library from '../../src/index.js';
import { withIds } from '../storage/rules/names.js';
import { insertDraft } from '../storage/rules/steps.js';
import { repository } from '../support/cli.js';
import { compile } from '../support/compile.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';

/** An example in the docstring of a public function, or in a page. */
interface Example {
  /** Its file, and its number there. */
  readonly name: string;
  readonly code: string;
}

/** The files of `src` that have a public function or class. */
async function publicFiles(): Promise<readonly string[]> {
  const index = await readFile(new URL('../../src/index.ts', import.meta.url), 'utf8');
  const values = index.matchAll(/^export \{(?![^}]*\}[^;]*rows)[^}]*\} from '\.\/(.*)\.js';$/gm);
  return [...values].map(([, path = '']) => path);
}

async function examplesOf(file: string): Promise<readonly Example[]> {
  const text = await readFile(new URL(`../../src/${file}.ts`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^ \* ```ts\n(.*?)^ \* ```/gms)];
  return blocks.map(([, lines = ''], index) => ({
    name: `${file} ${index + 1}`,
    code: lines.replaceAll(/^ \* ?/gm, ''),
  }));
}

const IMPORT = /^import [^;]*;\n/gm;
const ofPage = blocksOf('import.md', 'From a program').map(
  ({ code }): Example => ({ name: 'docs/import.md', code: code.replaceAll(IMPORT, '') }),
);
const ofDocumentation = blocksOf('documentation.md', 'Examples of functions').map(
  ({ code }): Example => ({ name: 'docs/documentation.md', code: code.replaceAll(IMPORT, '') }),
);
const examples = [
  ...(await Promise.all((await publicFiles()).map(examplesOf))).flat(),
  ...ofPage,
  ...ofDocumentation,
];
const values = Object.keys(library).filter((name) => examples.some(({ code }) => code.includes(name)));

/** The examples that need another state of the database, a server of their own, or minutes. */
const ONLY_COMPILED =
  /accept|baseline|documentation|repair|restore|redo|check|locks|verify|embedded|create-roles|rehearse|seed-contacts|up-sets/;

const CAMPAIGNS = ['018f3b6e-8c1a-7000-8000-000000000000', '018f3b6e-8c1a-7000-8000-00000000000a'];

describe('the examples of docstrings', () => {
  test('compile with strict options', { timeout: SLOW }, async () => {
    expect(examples.length).toBeGreaterThan(25);
    const functions = examples.map(
      ({ name, code }, index) => `// ${name}\nexport async function example${index}() {\n${code}\n}\n`,
    );
    const scope = `import { readFile, writeFile } from 'node:fs/promises';
import { ${values.join(', ')}, type Snapshot } from '${repository}src/index.ts';
declare const live: Snapshot, recorded: Snapshot, url: string;
export { readFile, writeFile };
`;
    expect(await compile({ 'examples.ts': scope + functions.join('\n') })).toBe('');
  });

  test.for(
    examples
      .filter(({ name }) => !ONLY_COMPILED.test(name))
      .map((example) => [example.name, example] as const),
  )('run: %s', async ([, { code }], { migrated }) => {
    const { url, client } = migrated;
    await client.query(
      withIds(
        `insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
         ${CAMPAIGNS.map((id) => insertDraft(`campaign ${id}`, { id: `'${id}'` })).join(' ')}`,
        { has: () => true },
      ),
    );
    const csv = 'phone_number\n+4920000001\n';
    const [before, address] = [process.cwd(), process.env.DATABASE_URL];
    const folder = await folderWith({ 'contacts.csv': csv, 'do-not-call.csv': csv });
    await mkdir(join(folder, 'src/storage/sql'), { recursive: true });
    process.chdir(folder);
    process.env.DATABASE_URL = url;
    onTestFinished(() => {
      process.chdir(before);
      if (address === undefined) delete process.env.DATABASE_URL;
      else process.env.DATABASE_URL = address;
    });
    const live = await library.readCatalog({ url, directory: library.migrationsDirectory });
    const scope = { ...library, writeFile, url, live, recorded: live, console: { log: () => {} } };
    // A name that the example declares is not passed.
    const names = Object.keys(scope).filter(
      (name) => !new RegExp(`const (?:${name}\\b|\\{[^}]*\\b${name}\\b[^}]*\\} =)`).test(code),
    );
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction(...names, code);
    await run(...names.map((name) => Reflect.get(scope, name)));
  });
});

import { join } from 'node:path';
import { repository, runProgram } from './cli.js';
import { folderWith } from './folder.js';

const CONFIG = {
  compilerOptions: {
    noEmit: true,
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    allowImportingTsExtensions: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(repository, 'node_modules/@types')],
  },
  include: ['*.ts'],
};

/** Compiles TypeScript files with the strictest options, and returns the errors of the compiler. */
export async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await folderWith({
    ...files,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify(CONFIG),
  });
  const { stdout, stderr } = await runProgram(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'], {
    cwd,
  });
  return stdout + stderr;
}

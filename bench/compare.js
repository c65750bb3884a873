// @ts-check
// `npm run compare`: tries what an operator asks of a migration tool, with voicesurvey-db and four others. See
// ../docs/compare.md.
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { questionsAboutDeploys } from './compare/deploys.js';
import { questionsAboutFiles } from './compare/files.js';
import { questionsAboutOperations } from './compare/operations.js';
import { toolsToCompare } from './compare/tools.js';
import { answer, withoutReasons } from './compare/trial.js';
import { withEnvironment } from './environment/environment.js';
import { markdownTable } from './report/markdown-table.js';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    clone: { type: 'string', default: join(benchFolder, '..') },
    only: { type: 'string', multiple: true, default: [''] },
  },
});
const questions = [...questionsAboutDeploys, ...questionsAboutFiles, ...questionsAboutOperations].filter(
  ({ title }) => values.only.some((text) => title.includes(text)),
);

await withEnvironment({ clone: values.clone, url: values.url }, async (environment) => {
  const tools = toolsToCompare(environment.packageFolder);
  // kysely's migrations are programs, which import kysely.
  await symlink(join(benchFolder, 'node_modules'), join(environment.folder, 'node_modules'), 'dir');
  const rows = [];
  for (const [index, question] of questions.entries()) {
    const cells = [];
    for (const [column, tool] of tools.entries()) {
      const cell = await answer(question, tool, environment, `bench_compare_${index}_${column}`);
      process.stderr.write(`${question.title} · ${tool.name}: ${cell}\n`);
      cells.push(withoutReasons(cell));
    }
    rows.push([question.title, ...cells]);
  }
  return markdownTable(['', ...tools.map(({ name, version }) => `${name} ${version}`)], rows);
});

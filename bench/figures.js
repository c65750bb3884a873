// @ts-check
// `npm run figures`: counts the buffers that the API reads in databases of `npm run work`. See README.md.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lineChart } from './report/line-chart.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';
import { powersOfTen } from './report/ticks.js';
import { FIGURES } from './work/figures.js';
import { measureDatabase } from './work/measure.js';

const { values: options } = parseArgs({
  options: { url: { type: 'string', multiple: true }, draw: { type: 'boolean', default: false } },
});
if (options.url === undefined) {
  process.stderr.write(
    'Pass --url, once or more, with the address of a database that `npm run work` made.\n',
  );
  process.exit(2);
}

/** @type {import('./work/measure.js').Measured[]} */
const databases = [];
for (const url of options.url) {
  printProgress(`database ${databases.length + 1} of ${options.url.length}`);
  databases.push(await measureDatabase(url));
}
// The original schema first, and the smaller before the larger.
databases.sort((a, b) => Number(b.isOriginal) - Number(a.isOriginal) || a.contacts - b.contacts);

const count = (/** @type {number} */ value) => value.toLocaleString('en');
const megabytes = (/** @type {number | undefined} */ bytes) =>
  bytes === undefined ? '–' : `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MB`;
const columns = databases.map(
  ({ isOriginal, contacts }) => `${isOriginal ? 'original schema, ' : ''}${count(contacts)} contacts`,
);

const figures = FIGURES.map(({ name, atMost }) => {
  const cells = databases.map(({ figures }) => {
    const figure = figures.get(name);
    return figure === undefined ? '–' : count(figure.buffers);
  });
  return [name, ...cells, atMost === undefined ? '' : count(atMost)];
});
const sizes = databases.map(({ indexes }) =>
  megabytes([...indexes.values()].reduce((sum, bytes) => sum + bytes, 0)),
);
figures.push(['all indexes of the eleven tables', ...sizes, '1,000 MB']);

const statistics = databases.flatMap((database) =>
  database.statistics.map(({ contacts, calls, buffers, milliseconds }) => [
    `a campaign of ${count(contacts)} contacts and ${count(calls)} calls`,
    count(buffers),
    `${milliseconds.toFixed(1)} ms`,
  ]),
);

/** The smallest index to list by itself, in bytes. */
const LISTED_INDEX = 1024 * 1024;
const names = new Set(
  databases
    .toReversed()
    .flatMap(({ indexes }) =>
      [...indexes].filter(([, bytes]) => bytes >= LISTED_INDEX).map(([name]) => name),
    ),
);
const indexes = [...names].map((name) => [
  `\`${name}\``,
  ...databases.map(({ indexes }) => megabytes(indexes.get(name))),
]);

process.stdout.write(`
PostgreSQL ${[...new Set(databases.map(({ version }) => version))].join(' and ')}

${markdownTable(['buffers', ...columns, 'at most'], figures)}
${markdownTable(['campaign_statistics', 'buffers', 'time'], statistics)}
${markdownTable(['index of 1 MB or more', ...columns], indexes)}`);

if (options.draw) {
  const [claim] = FIGURES;
  const line = (/** @type {string} */ name, /** @type {boolean} */ isOriginal) => ({
    name,
    points: databases
      .filter((database) => database.isOriginal === isOriginal)
      .map(
        ({ contacts, figures }) =>
          /** @type {const} */ ([contacts, figures.get(claim?.name ?? '')?.buffers ?? 0]),
      ),
  });
  const lines = [line('claim_calls', false), line('original schema', true)];
  const values = lines.flatMap(({ points }) => points.map(([, buffers]) => buffers));
  const chart = lineChart({
    title: 'Buffers that the search of a claim of ten contacts reads',
    x: {
      label: 'contacts',
      ticks: powersOfTen(databases.map(({ contacts }) => contacts)),
      isLogarithmic: true,
    },
    y: { label: 'buffers of 8 kB', ticks: powersOfTen(values), isLogarithmic: true },
    lines,
  });
  await writeFile(new URL('../docs/pictures/claim-cost.svg', import.meta.url), chart);
}

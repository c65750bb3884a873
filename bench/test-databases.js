// @ts-check
// `npm run test-databases`: what a test database costs, compared with `create database … template` alone. See README.md.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withEnvironment } from './environment/environment.js';
import { markdownTable } from './report/markdown-table.js';
import { printProgress } from './report/progress.js';
import { median, quantile } from './report/statistics.js';

const ROUNDS = 25;
const IN_PARALLEL = 8;

const { values: options } = parseArgs({
  options: {
    clone: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    url: { type: 'string' },
  },
});

await withEnvironment(options, compare);

/**
 * Makes the same databases in both ways, eight in parallel, in turns. Drops them outside of the measured time.
 *
 * @param {import('./environment/environment.js').Environment} environment
 */
async function compare({ packageFolder, server }) {
  /** @type {typeof import('../src/testing.js')} */
  const { testDatabase } = await import(pathToFileURL(join(packageFolder, 'dist/testing.js')).href);
  const url = server.url('postgres');
  const first = await testDatabase({ url });
  await first.drop();
  const sessions = await Promise.all(Array.from({ length: IN_PARALLEL }, () => server.connect('postgres')));
  const [admin] = sessions;
  const templates = await admin?.query(
    "select datname from pg_database where datname ~ '^voicesurvey_template_' order by oid desc limit 1",
  );
  const template = templates?.rows[0].datname;

  /** @type {{ name: string, make: (index: number) => Promise<() => Promise<unknown>>, times: number[], rounds: number[] }[]} */
  const ways = [
    {
      name: '`create database … template`',
      make: async (index) => {
        const name = `bench_test_database_${index}`;
        await sessions[index]?.query(`create database ${name} template ${template}`);
        return async () => sessions[index]?.query(`drop database ${name}`);
      },
      times: [],
      rounds: [],
    },
    {
      name: '`testDatabase()`',
      make: async () => (await testDatabase({ url })).drop,
      times: [],
      rounds: [],
    },
  ];
  // The first round opens connections and is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    printProgress(`round ${round} of ${ROUNDS}`);
    for (const { make, times, rounds } of round % 2 === 0 ? ways : ways.toReversed()) {
      const start = performance.now();
      const made = await Promise.all(
        sessions.map(async (_, index) => {
          const drop = await make(index);
          return { drop, time: performance.now() - start };
        }),
      );
      const duration = performance.now() - start;
      if (round > 0) {
        rounds.push(duration);
        times.push(...made.map(({ time }) => time));
      }
      for (const { drop } of made) await drop();
    }
  }
  for (const session of sessions) await session.end();
  const total = (/** @type {readonly number[]} */ times) => times.reduce((sum, time) => sum + time, 0);
  const alone = total(ways[0]?.rounds ?? []);
  return markdownTable(
    [
      `${ROUNDS * IN_PARALLEL} databases, ${IN_PARALLEL} in parallel, PostgreSQL ${server.version}`,
      'median, ms',
      '95 %, ms',
      'all, s',
      'ratio',
    ],
    ways.map(({ name, times, rounds }) => [
      name,
      median(times).toFixed(0),
      quantile(times, 0.95).toFixed(0),
      (total(rounds) / 1000).toFixed(1),
      (total(rounds) / alone).toFixed(2),
    ]),
  );
}

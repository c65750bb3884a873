import { expect, inject } from 'vitest';
import { connect } from '../../src/postgres/connect.js';
import { removeEmbeddedServer, startEmbeddedServer } from '../../src/postgres/embedded.js';
import { parseDatabaseUrl } from '../../src/postgres/url.js';
import {
  checkRecord,
  checkRows,
  type RehearsalViolation,
} from '../../src/rehearse/checks/check-rehearsal.js';
import { type FinishedRehearsal, rehearse, rehearseThen } from '../../src/rehearse/rehearse.js';
import { runCli, runJson } from '../support/cli.js';
import { test } from '../support/database.js';
import { dropDatabase } from '../support/databases.js';
import { makeServerFolder } from '../support/server-folder.js';
import { SLOW } from '../support/timeouts.js';
import { BROKEN_RECORD, BROKEN_ROWS } from './violations.js';

const RULES = Array.from({ length: 13 }, (_, index) => index + 1);

/** The contacts of the long rehearsal, which runs only with this variable. */
const CONTACTS = Number(process.env.REHEARSAL_CONTACTS ?? 0);

/** With one attempt, no contact waits for the retry interval of a minute. */
const SMALL = { contacts: 150, dialers: 4, attempts: 1 };

const rulesOf = (violations: readonly RehearsalViolation[]): readonly (number | null)[] =>
  violations.map(({ rule }) => rule);

test('a rehearsal with failures breaks no rule, and both kinds of checks report a violation of each of the thirteen rules', {
  timeout: SLOW,
}, async () => {
  const undetected: string[] = [];
  const plant = async (finished: FinishedRehearsal): Promise<void> => {
    const { client, close } = await connect(parseDatabaseUrl(finished.url));
    for (const rule of RULES) {
      await client.query('begin; set local session_replication_role = replica');
      await client.query(BROKEN_ROWS[rule] ?? '');
      if (!rulesOf(await checkRows(client)).includes(rule)) undetected.push(`rows, rule ${rule}`);
      await client.query('rollback; begin');
      const { plan, record } = BROKEN_RECORD[rule]?.(finished) ?? finished;
      if (!rulesOf(await checkRecord(client, plan, record)).includes(rule))
        undetected.push(`record, rule ${rule}`);
      await client.query('rollback');
    }
    await close();
  };
  const result = await rehearseThen({ url: inject('serverUrl'), ...SMALL, failures: true, seed: 1 }, plant);
  expect(undetected).toEqual([]);
  expect(result.violations).toEqual([]);
  expect(result.contacts).toMatchObject({ pending: 0, in_progress: 0 });
  expect(
    Math.min(result.injected.webhooksLost, result.injected.webhooksDoubled, result.reconnections),
  ).toBeGreaterThan(0);
});

test('concurrent rehearsals on one server do not disturb each other, and an interrupted one drops its database', {
  timeout: SLOW,
}, async ({ database }) => {
  const names: string[] = [];
  const interruption = new AbortController();
  const options = {
    url: inject('serverUrl'),
    ...SMALL,
    contacts: 60,
    onDatabase: (name: string) => names.push(name),
  };
  const [first, second, interrupted] = await Promise.allSettled([
    rehearse(options),
    rehearse({ ...options, failures: true }),
    rehearse({
      ...options,
      contacts: 2000,
      signal: interruption.signal,
      onProgress: ({ calls }) => calls > 0 && interruption.abort(),
    }),
  ]);
  expect([first, second]).toMatchObject([{ value: { violations: [] } }, { value: { violations: [] } }]);
  expect(interrupted).toMatchObject({ reason: { code: 'interrupted' } });
  expect(names).toHaveLength(3);
  expect(await database.rows('select datname from pg_database where datname = any ($1)', [names])).toEqual(
    [],
  );
});

test('rehearse leaves a database with --keep, and prints the report and its name', { timeout: SLOW }, async ({
  database,
}) => {
  const args = ['rehearse', '--contacts', '20', '--dialers', '2', '--attempts', '1', '--keep'];
  const { code, stdout, stderr } = await runCli(args, { env: { DATABASE_URL: inject('serverUrl') } });
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^The database is voicesurvey_rehearsal_\w+\.\n0 s: preparing/),
  ]);
  expect(stdout).toMatch(/^Every rule held\.\n\d+ calls of 4 campaigns in \d+ s, \d+ per second/);
  expect(stdout).toMatch(/\nclaim_calls +\d+ +[\d.]+ +[\d.]+\n/);
  const name = /The database (\w+) was left\./.exec(stdout)?.[1] ?? '';
  expect(await database.value('select count(*)::integer from pg_database where datname = $1', [name])).toBe(
    1,
  );
  await dropDatabase(inject('serverUrl'), name);
});

test('rehearse reports a broken rule with exit code 3, and refuses a database with rows with exit code 4', {
  timeout: SLOW,
}, async ({ migrated }) => {
  await migrated.client.query(
    `create function public.forge() returns trigger language plpgsql
       as $$ begin new.q1_answer := 'Forged'; return new; end $$;
     create trigger forge before insert on survey_responses for each row execute function public.forge();`,
  );
  const args = [
    'rehearse',
    '--here',
    '--contacts',
    '20',
    '--dialers',
    '2',
    '--campaigns',
    '1',
    '--attempts',
    '1',
  ];
  const env = { DATABASE_URL: migrated.url };
  const { code, document } = await runJson(args, { env });
  expect(code).toBe(3);
  expect(document).toMatchObject({ ok: true, kept: true, violations: [{ rule: 6, source: 'record' }] });
  const refused = await runJson(args, { env });
  expect(refused.code).toBe(4);
  expect(refused.document).toMatchObject({ ok: false, error: { code: 'database_has_rows' } });
});

test.runIf(CONTACTS > 0)(
  `a rehearsal of ${CONTACTS} contacts with retries breaks no rule while its embedded server restarts`,
  { timeout: SLOW + CONTACTS * 100 },
  async () => {
    const directory = await makeServerFolder();
    try {
      const { url } = await startEmbeddedServer({ directory });
      const result = await rehearse({
        url,
        contacts: CONTACTS,
        dialers: 16,
        failures: true,
        embeddedDirectory: directory,
      });
      expect(result).toMatchObject({ violations: [], injected: { serverRestarts: 1, pauses: 1 } });
    } finally {
      await removeEmbeddedServer({ directory });
    }
  },
);

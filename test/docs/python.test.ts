import { expect } from 'vitest';
import { aCampaign } from '../../src/testing.js';
import { runProgram } from '../support/cli.js';
import { test } from '../support/database.js';
import { blocksOf } from '../support/page.js';
import { hasPython, PYTHON } from '../support/python.js';

const codeOf = (heading: string): string => blocksOf('python.md', heading)[0]?.code ?? '';

/** A transaction that fails once with a serialization failure. */
const RETRY = `
tries = []
def work(connection):
    tries.append(1)
    if len(tries) == 1:
        connection.execute(text("do $$ begin raise exception using errcode = '40001'; end $$"))
    return len(tries)
print(transaction(engine, work))
`;

/** Ends a call when the consumer begins to wait, so that only the notification of its event can wake it. */
const LISTEN = `
other = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
other.execute("select voicesurvey.add_consumer('crm')")
class Waiting:
    def select(*arguments):
        for call in other.execute("select call_id from voicesurvey.claim_calls(1)").fetchall():
            other.execute("select * from voicesurvey.finish_call(%s, 'refused')", call)
        return wait(*arguments)
wait, select = select.select, Waiting
def receive(event):
    print(event["event_type"])
    raise SystemExit
consume(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row), receive, 3600)
`;

test.skipIf(!hasPython('psycopg'))(
  'the consumer of docs/python.md gets an event by its notification',
  async ({ migrated: { client, url } }) => {
    await aCampaign().running().with(1).in(client);
    const program = ['import os, psycopg\nfrom psycopg.rows import dict_row', codeOf('Listen'), LISTEN].join(
      '\n',
    );
    const { stdout, stderr } = await runProgram(PYTHON, ['-c', program], { env: { DATABASE_URL: url } });
    expect([stdout, stderr]).toEqual(['survey.refused\n', '']);
  },
);

test.skipIf(!hasPython('psycopg', 'sqlalchemy', 'psycopg2'))(
  'the programs of docs/python.md run with psycopg 3 and SQLAlchemy, and log no parameter',
  async ({ migrated: { client, url } }) => {
    await aCampaign().running().with(1).in(client);
    const env = { DATABASE_URL: url, PYTHONWARNINGS: 'ignore' };
    const run = (program: string) => runProgram(PYTHON, ['-c', program], { env });
    expect(await run(codeOf('psycopg 3'))).toMatchObject({
      stderr: '',
      stdout: '1 en\nphone_number_of_a_contact_is_e164\n',
    });
    await aCampaign().running().with(1).in(client);
    const echo =
      'import logging\nlogging.basicConfig()\nlogging.getLogger("sqlalchemy.engine").setLevel("INFO")\n';
    const headings = ['SQLAlchemy', 'Retry a transaction', 'Keep parameters out of logs'];
    const [first = '', retry = '', logs = ''] = headings.map(codeOf);
    const { stdout, stderr } = await run([echo, first, retry, RETRY, logs].join('\n'));
    expect(stdout).toMatch(/^1\n\[.*'in_progress'.*\]\nphone_number_of_a_contact_is_e164\n2\n$/);
    expect(stderr).toContain(
      "refused: {'sqlstate': '23514', 'rule': 'email_of_a_contact_looks_like_an_address'}",
    );
    expect(stderr).toContain('hide_parameters');
    expect(stderr).not.toMatch(/not a number|no address of ada/);
  },
);

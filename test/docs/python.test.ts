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

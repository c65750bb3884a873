import { expect } from 'vitest';
import { runSql } from '../../src/inspect/run-sql.js';
import { test } from '../support/database.js';
import { through, withholdAnswer } from '../support/listeners.js';

test('an interrupt during which the connection is lost does not say that no statement took effect', async ({
  database,
}) => {
  await database.client.query('create table one (id integer)');
  const interrupt = new AbortController();
  const port = Number(new URL(database.url).port);
  await using relay = await withholdAnswer(port, 'insert into', 'INSERT 0 1', () => interrupt.abort());
  const error: unknown = await runSql({
    url: through(database.url, relay.port),
    sql: 'insert into one values (1)',
    name: 'sql',
    receiver: { columns: () => undefined, row: () => undefined, completed: () => undefined },
    streamsRows: false,
    onNotice: () => undefined,
    signal: interrupt.signal,
  }).catch((thrown: unknown) => thrown);
  expect(await database.value('select count(*)::integer from one')).toBe(1);
  expect(error).toMatchObject({ code: 'connection_lost' });
});

test('an interrupt of a procedure that has committed says that a part may have taken effect', async ({
  database,
}) => {
  await database.client.query(`create table one (id integer);
create procedure work() language plpgsql as $$ begin
  insert into one values (1);
  commit;
  perform pg_sleep(600);
end $$`);
  const interrupt = new AbortController();
  const result = runSql({
    url: database.url,
    sql: 'call work()',
    name: 'sql',
    receiver: { columns: () => undefined, row: () => undefined, completed: () => undefined },
    streamsRows: false,
    onNotice: () => undefined,
    signal: interrupt.signal,
  }).catch((thrown: unknown) => thrown);
  await expect.poll(() => database.value('select count(*)::integer from one')).toBe(1);
  interrupt.abort();
  expect(await result).toMatchObject({
    code: 'interrupted',
    remedy: 'A part of the current statement may have taken effect.',
  });
});

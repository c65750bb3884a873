import { describe, expect } from 'vitest';
import { MigrationFailedError } from '../../../src/migrate/failure/errors.js';
import { up } from '../../../src/migrate/up.js';
import { test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import { catchFailure } from './catch-failure.js';

const NO_TRANSACTION = '-- migrate: no-transaction';

describe('the remedy of a failed statement names what the engine knows:', () => {
  test.for([
    [
      'a block that commits',
      'do $$ begin insert into letters values (gen_random_uuid()); commit; end $$;',
      '2D000',
      NO_TRANSACTION,
    ],
    [
      'a procedure that commits',
      'create procedure p() language plpgsql as $$ begin commit; end $$; call p();',
      '2D000',
      NO_TRANSACTION,
    ],
    [
      'a function that commits',
      'create function f() returns void language plpgsql as $$ begin commit; end $$; select f();',
      '2D000',
      'Make it a procedure',
    ],
    [
      'a block with EXCEPTION that commits, in a no-transaction file',
      `${NO_TRANSACTION}\ndo $$ begin commit; exception when division_by_zero then null; end $$;`,
      '2D000',
      'not in a block with EXCEPTION',
    ],
    [
      'a statement that cannot run in a transaction',
      "do $$ begin execute 'vacuum people'; end $$;",
      '25001',
      NO_TRANSACTION,
    ],
    [
      'such a statement in a block of a no-transaction file',
      `${NO_TRANSACTION}\ndo $$ begin execute 'vacuum people'; end $$;`,
      '25001',
      'by itself',
    ],
    ['a check that rows violate', 'alter table people add check (age > 10);', '23514', 'not valid'],
    [
      'a foreign key that rows violate',
      'alter table people add foreign key (id) references letters;',
      '23503',
      'not valid',
    ],
    ['a column that must have a value', 'alter table people add nickname text not null;', '23502', 'default'],
    [
      'a unique index over duplicates',
      'alter table people add shared text default 1; insert into people select gen_random_uuid(), 2, 3; create unique index on people (shared);',
      '23505',
      'same key',
    ],
    ['an object on which others depend', 'drop table people;', '2BP01', 'each by its name'],
    [
      'the type of a column that a view shows',
      'create view ages as select age from people; alter table people alter age type bigint;',
      '0A000',
      'drop it before',
    ],
    [
      'an extension that the server lacks',
      'create extension no_such_extension;',
      '0A000',
      'Install the package',
    ],
    [
      'rows with deferred triggers',
      `alter table letters alter constraint a_letter_has_a_reader deferrable initially deferred;
       insert into letters select gen_random_uuid(), id from people; alter table letters add n integer;`,
      '55006',
      'set constraints all immediate',
    ],
    ['a timeout of the file', "set statement_timeout = '50ms'; select pg_sleep(10);", '57014', 'timeout'],
  ] as const)('%s', async ([, sql, sqlState, remedy], { database }) => {
    const error = await catchFailure(database, sql);
    expect(error.server?.sqlState).toBe(sqlState);
    expect(String(error.remedy)).toContain(remedy);
  });

  test('a label that is used, as a plain text, before it is committed', async ({ database: { url } }) => {
    const directory = await folderWith({
      'V1.up.sql': "create type mood as enum ('ok'); create table felt (how mood);",
      'V1.down.sql': '',
      'V2.up.sql': "alter type mood add value 'tired';\ninsert into felt values ('tired');",
      'V2.down.sql': '',
    });
    const error: unknown = await up({ url, directory }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MigrationFailedError);
    expect(error).toMatchObject({
      server: { sqlState: '55P04' },
      location: { line: 2 },
      remedy: expect.stringContaining('separate migration'),
    });
  });
});

test('the remedy of a syntax error in a body does not blame the syntax of a newer server alone', async ({
  database,
  skip,
}) => {
  skip(Number(await database.value('show server_version_num')) >= 180_000);
  const error = await catchFailure(database, 'do $$ begin perfrm 1; end $$;');
  expect(error).toMatchObject({
    server: { sqlState: '42601' },
    remedy: expect.stringMatching(/^Correct the statement or the text of the body\. /),
  });
});

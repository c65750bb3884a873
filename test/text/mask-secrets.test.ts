import { describe, expect, test } from 'vitest';
import { maskLiterals } from '../../src/text/mask-literals.js';
import { maskSecrets } from '../../src/text/mask-secrets.js';
import { growthOf, LINEAR, REPEATED_UNITS } from '../support/growth.js';

describe('maskSecrets masks', () => {
  test.for([
    ['the password of a new role', "create role ann login password 'Geh3im'"],
    ['an encrypted password', "ALTER USER ann WITH ENCRYPTED PASSWORD 'Geh3im'"],
    ['a password with escapes', "alter role ann password E'Geh3im\\'Geh3im'"],
    ['a password in dollar quotes', 'alter role ann password $$Geh3im$$'],
    ['a password with Unicode escapes', "alter role ann password U&'Geh3im'"],
    ['a user mapping', "create user mapping for ann server s options (user 'ann', password 'Geh3im')"],
    ['a subscription', "create subscription s connection 'host=db password=Geh3im' publication p"],
    ['a connection string in capitals', "ALTER SUBSCRIPTION s CONNECTION 'Geh3im'"],
    ['a connection of dblink', "select dblink_connect('c', 'dbname=x password=Geh3im')"],
    ['a query of dblink', "select * from dblink('postgresql://a:Geh3im@db/x', 'select 1') as t (a integer)"],
    ['a custom setting of the session', "set app.key = 'Geh3im'"],
    ['a custom setting of the transaction', "set local app.user to 'Geh3im'"],
    ['a setting by a function', "select set_config('app.key', 'Geh3im', false)"],
    [
      'a setting by a function with named arguments',
      "select set_config(setting_name => 'app.key', new_value => 'Geh3im', is_local => false)",
    ],
    [
      'a setting by a function with named arguments in another order',
      "select set_config(new_value => 'Geh3im', setting_name => 'app.key', is_local => false)",
    ],
    ['a custom setting without quotes', 'SET LOCAL app.key = Geh3im'],
    ['the password of a key', "alter server s options (add sslpassword 'Geh3im')"],
    ['a column of the catalog', "update pg_authid set rolpassword = 'Geh3im'"],
    ['a password after a nested comment', "/* a /* b */ ' */ alter role ann password 'Geh3im'"],
    ['a custom setting of a database', "alter database d set app.jwt_secret = 'Geh3im'"],
    ['a setting of the server', "alter system set primary_conninfo = 'Geh3im'"],
    ['a hash', "insert into users values (crypt('Geh3im', gen_salt('bf')))"],
    ['an encryption', "update t set a = pgp_sym_encrypt(b, 'Geh3im')"],
    ['a program', "copy t from program 'curl -u ann:Geh3im https://example.com'"],
    ['a token in a column of that name', "insert into integrations (api_key) values ('Geh3im')"],
    ['dynamic SQL', "do $$\nbegin\n  execute 'create role ann password ''Geh3im''';\nend\n$$"],
    ['formatted SQL', "do $$\nbegin\n  execute format('alter role ann password %L', 'Geh3im');\nend\n$$"],
    ['a statement that does not parse', "create rol ann pasword 'x'; alter role ann password 'Geh3im"],
  ] as const)('%s', ([, sql]) => {
    const { text, secrets } = maskSecrets(`select 'shown';\n${sql}`);
    expect(text).not.toContain('Geh3im');
    expect(text).toContain("select 'shown';\n");
    expect(text.split('\n')).toHaveLength(`\n${sql}`.split('\n').length);
    expect(secrets.join()).toContain('Geh3im');
  });
});

describe('maskSecrets leaves', () => {
  test.for([
    "insert into contacts values ('ann', $1, 1)",
    "set lock_timeout = '4s'",
    'create table users (password_changed_at timestamptz)',
    "create function f() returns text language plpgsql as $$\nbegin\n  return 'a';\nend\n$$",
    "-- the password is 'a'\nselect \"password\", 'b'",
  ])('%s', (sql) => {
    expect(maskSecrets(sql.replace('select "password"', 'select')).text).toBe(
      sql.replace('select "password"', 'select'),
    );
  });
});

test('maskSecrets maps an offset to the same character of the masked text', () => {
  const sql = "alter role ann password 'a long secret'; select wrong";
  const { text, offsetOf } = maskSecrets(sql);
  expect(text.slice(offsetOf(sql.indexOf('wrong')))).toBe('wrong');
  expect(text.slice(offsetOf(sql.indexOf('long')))).toMatch(/^'\*\*\*'; select/);
  expect(offsetOf(3)).toBe(3);
});

describe('SQL of another role is masked in linear time if it repeats', () => {
  test.for(REPEATED_UNITS)('%j', (unit) => {
    expect(growthOf(maskSecrets, unit)).toBeLessThan(LINEAR);
    const secret = "alter role ann password 'Geh3im' ";
    expect(growthOf((text) => maskSecrets(secret + text), unit)).toBeLessThan(LINEAR);
    expect(growthOf(maskLiterals, unit)).toBeLessThan(LINEAR);
  });
});

test('maskSecrets masks a statement with more literals than a call has arguments', () => {
  const sql = `insert into integrations (token) values ${"('Geh3im'), ".repeat(200_000)}('Geh3im')`;
  expect(maskSecrets(sql).text).not.toContain('Geh3im');
});

test('maskSecrets masks a secret in bodies that nest more deeply than calls', () => {
  const openings = Array.from({ length: 20_000 }, (_, depth) => `$t${depth}$\n`).join('');
  expect(maskSecrets(`${openings}alter role ann password 'Geh3im'`).text).not.toContain('Geh3im');
});

import { describe, expect } from 'vitest';
import { BILLING, SHOP, twoFolders } from '../../migrate/sets/sets.js';
import { type CliResult, runCli } from '../../support/cli.js';
import { test } from '../../support/database.js';

const run = (url: string, ...args: string[]): Promise<CliResult> =>
  runCli(args, { env: { DATABASE_URL: url } });

describe('up --and', () => {
  test('prints a line for each set, in the order of the folders', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const { code, stdout } = await run(database.url, 'up', '--dir', shop, '--and', billing);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Done: 1 applied, the database is at V1\.\nbilling: Done: 1 applied, the database is at V1\.\non /,
    );
    const again = await run(database.url, 'up', '--dir', shop, '--and', billing);
    expect(again.stdout).toMatch(
      /^Nothing to do: the database is at V1\.\nbilling: Nothing to do: the database is at V1\.\non /,
    );
  });

  test('--json has the result of the first folder, and those of the others in "and"', async ({
    database,
  }) => {
    const { shop, billing } = await twoFolders();
    const { stdout } = await run(database.url, 'up', '--dir', shop, '--and', billing, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      set: null,
      applied: [{ name: 'V1.orders' }],
      and: [{ set: 'billing', applied: [{ name: 'V1.invoices' }] }],
    });
  });

  test('--dry-run prints the statements of both sets', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const { stdout } = await run(database.url, 'up', '--dir', shop, '--and', billing, '--dry-run');
    expect(stdout.indexOf('create table public.orders')).toBeLessThan(
      stdout.indexOf('create schema billing'),
    );
    expect(await database.value("select to_regclass('public.orders')")).toBeNull();
  });

  test('advises commands for the folder that failed', async ({ database }) => {
    const { shop, billing } = await twoFolders(SHOP, {
      ...BILLING,
      'V1.invoices.up.sql': 'create schema billing; select 1 / 0;',
    });
    const { code, stderr } = await run(database.url, 'up', '--dir', shop, '--and', billing);
    expect(code).toBe(1);
    expect(stderr).toContain(`\`voicesurvey-db up --dir ${billing}\``);
  });

  test('refuses --to, which would be ambiguous', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    expect(await run(database.url, 'up', '--dir', shop, '--and', billing, '--to', 'V1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--and'),
    });
  });
});

describe('status of a set', () => {
  test('begins with the name of the set', async ({ database }) => {
    const { shop, billing } = await twoFolders();
    const before = await run(database.url, 'status', '--dir', billing);
    expect(before.stdout).toMatch(/^billing: 1 pending\.\n/);
    await run(database.url, 'up', '--dir', shop, '--and', billing);
    const after = await run(database.url, 'status', '--dir', billing);
    expect(after.stdout).toMatch(/^billing: Everything is applied\.\n/);
  });
});

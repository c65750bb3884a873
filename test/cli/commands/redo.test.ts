import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliOptions, type CliResult, runCli, runJson } from '../../support/cli.js';
import { sharedClone } from '../../support/clone.js';
import { addFiles } from '../../support/folder.js';
import { SLOW } from '../../support/timeouts.js';

const FIRST = {
  'V1.up.sql': 'create table public.people (id integer, name text);',
  'V1.down.sql': 'drop table public.people;',
};

// The tests run one after the other on one database, as a developer's commands do.
describe.sequential('redo in a clone', { timeout: SLOW }, () => {
  const clone = sharedClone();
  const dir = () => join(clone.root, 'sql');
  const options = (): CliOptions => ({ cwd: clone.root, root: clone.root });
  const inClone = (...args: readonly string[]): Promise<CliResult> => runCli(args, options());
  const withFolder = (...args: readonly string[]): Promise<CliResult> => inClone(...args, '--dir', 'sql');
  const readValue = async (query: string): Promise<string | undefined> =>
    (await inClone('sql', '--csv', query)).stdout.split('\n')[1];

  test('of an empty database has nothing to redo', async () => {
    await mkdir(dir());
    await addFiles(dir(), FIRST);
    expect(await withFolder('redo')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'This database has no migration.\nRun `./bin/voicesurvey-db up --dir sql`.',
      ),
    });
  });

  test('applies an edited migration again without a question about what it added, and up advises it', async () => {
    await addFiles(dir(), {
      'V2.note.up.sql':
        'alter table public.people add column note text; create table public.tags (id integer);',
      'V2.note.down.sql': 'alter table public.people drop column note; drop table public.tags;',
    });
    await withFolder('up');
    await inClone('sql', "insert into people values (1, 'Ann', 'x'); insert into tags values (1)");
    await addFiles(dir(), {
      'V2.note.up.sql':
        'alter table public.people add column note varchar; create table public.tags (id bigint);',
    });
    const up = await withFolder('up');
    expect([up.code, up.stderr]).toEqual([
      1,
      expect.stringContaining('To apply the new text, run `./bin/voicesurvey-db redo --dir sql`.'),
    ]);
    const { code, document, stderr } = await runJson(['redo', '--dir', 'sql'], options());
    expect([code, stderr, document]).toEqual([
      0,
      expect.stringMatching(/^backed up to voicesurvey-backup\/\S+-V2:\n {2}column people\.note: 1 value\n/),
      expect.objectContaining({
        command: 'redo',
        redone: 'V2',
        current: 'V2',
        applied: [expect.objectContaining({ version: 'V2', status: 'applied' })],
        losses: [
          expect.objectContaining({ name: 'people.note', count: 1 }),
          expect.objectContaining({ name: 'tags', count: 1 }),
        ],
      }),
    ]);
    expect(await readValue('select pg_typeof(note) from people')).toBe('character varying');
    expect((await withFolder('status')).code).toBe(0);
  });

  test('advises up if the new text deletes older data, since the migration is rolled back then', async () => {
    const up = 'alter table public.people add column note varchar; create table public.tags (id bigint);';
    await addFiles(dir(), { 'V2.note.up.sql': `${up} alter table public.people drop column name;` });
    const { code, stderr } = await withFolder('redo');
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /column people\.name: 1 value\n[\s\S]*V2 is rolled back\. .* run `[^`]* up --dir sql --lose people\.name`/,
      ),
    ]);
    await addFiles(dir(), { 'V2.note.up.sql': up });
    expect(await withFolder('up')).toMatchObject({ code: 0 });
  });

  test('refuses to delete data that is older than the migration, and names it', async () => {
    await addFiles(dir(), {
      'V3.up.sql': 'alter table public.people add column age integer;',
      'V3.down.sql': 'alter table public.people drop column age, drop column name;',
    });
    await withFolder('up');
    const { code, stderr } = await withFolder('redo');
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/column people\.name: 1 value\n[\s\S]*--lose people\.name/),
    ]);
    expect(await readValue('select name from people')).toBe('Ann');
    const named = await withFolder('redo', '--lose', 'people.name');
    // The up does not add the column that the down drops.
    expect([named.code, named.stdout]).toEqual([
      0,
      expect.stringMatching(
        /\nTo restore the data, run `\.\/bin\/voicesurvey-db restore voicesurvey-backup\/\S+-V3`\.\n/,
      ),
    ]);
  });

  test('of a file that is not SQL rolls nothing back', async () => {
    await addFiles(dir(), { 'V3.up.sql': 'alter tabel public.people;' });
    const { code, stderr } = await withFolder('redo');
    expect([code, stderr]).toEqual([1, expect.stringContaining('V3.up.sql:1:7: syntax error')]);
    expect(await readValue('select count(*) from voicesurvey_migrations.history')).toBe('3');
  });

  test('up advises to go back before an older migration that was edited', async () => {
    await addFiles(dir(), {
      'V3.up.sql': 'alter table public.people add column age integer;',
      'V2.note.up.sql': 'alter table public.people add column note text;',
    });
    const advice = expect.stringContaining(
      'run `./bin/voicesurvey-db down --dir sql --to V1` and then `./bin/voicesurvey-db up --dir sql`',
    );
    expect(await withFolder('up')).toMatchObject({ code: 1, stderr: advice });
    expect(await withFolder('redo')).toMatchObject({ code: 1, stderr: advice });
  });

  test('on another server is refused', async () => {
    const env = { DATABASE_URL: 'postgresql://ann@db/survey' };
    const { code, stderr } = await runCli(['redo'], { ...options(), env });
    expect([code, stderr]).toEqual([
      2,
      'error: redo works only on the embedded server, and DATABASE_URL names another one.\n' +
        'Unset DATABASE_URL. On your own database elsewhere, run down and then up.\n',
    ]);
  });
});

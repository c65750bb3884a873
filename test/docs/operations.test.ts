import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrationsDirectory, status, up, verify } from '../../src/index.js';
import { history, PHONES, rowsOfHistory } from '../storage/rules/history.js';
import { idOf, withIds } from '../storage/rules/names.js';
import { attemptOf, claim, listNumber } from '../storage/rules/steps.js';
import { type CliResult, repository, runProgram } from '../support/cli.js';
import { createDatabase, dropDatabase, runOnce, withDatabaseName } from '../support/databases.js';
import { debianPrograms, startDebianServer } from '../support/debian-server.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';
import { until } from '../support/until.js';

const PAGE = 'operations.md';

const PASSWORD = 'a password of a test';

/** What each write would break, after a restore as before it. */
const FORBIDDEN = {
  never_dial_an_excluded_number: claim('ines'),
  an_event_is_deleted_only_with_its_contact: 'delete from events where contact_id = :dora',
  a_sent_email_never_changes: "update email_notifications set status = 'pending' where id = :email_to_dora",
  tables_are_not_truncated: 'truncate contacts cascade',
  phone_number_of_a_contact_is_e164: "update contacts set phone_number = '123' where id = :ada",
};

const ALL_TABLES = `select oid::regclass::text as name from pg_class
  where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'voicesurvey', 'voicesurvey_rules')
    and relname <> 'mutex_rows'
  order by 1`;

const sql = (text: string): string => withIds(text, rowsOfHistory);

async function value(url: string, text: string): Promise<unknown> {
  return Object.values((await runOnce(url, sql(text))).rows[0] ?? {})[0];
}

/** The names and a checksum of the rows of all tables of the product and its rules. */
async function rowsOf(url: string): Promise<Record<string, unknown>> {
  const { rows } = await runOnce(url, ALL_TABLES);
  const sums: Record<string, unknown> = {};
  for (const { name } of rows) {
    sums[name] = await value(url, `select md5(string_agg(t::text, ' ' order by t::text)) from ${name} as t`);
  }
  return sums;
}

/** The constraints that the forbidden writes violate. */
async function brokenBy(url: string): Promise<unknown[]> {
  const broken: unknown[] = [];
  for (const write of Object.values(FORBIDDEN)) {
    const inTransaction = `begin; ${sql(write)}; set constraints all immediate`;
    broken.push(await runOnce(url, inTransaction).catch(({ constraint, message }) => constraint ?? message));
  }
  return broken;
}

const as = (url: string, role: string): string => {
  const address = new URL(url);
  address.username = role;
  address.password = PASSWORD;
  return address.href;
};

describe.skipIf(debianPrograms === undefined && process.env.REQUIRE_PSQL !== '1')(
  'docs/operations.md, with pg_dump',
  { timeout: SLOW },
  () => {
    const runName = inject('runName');
    const [owner, service] = [`${runName}_deploy`, `${runName}_service`];
    let server: Awaited<ReturnType<typeof startDebianServer>>;
    let folder: string;
    /** The database with rows that the tests dump. */
    let source: string;

    beforeAll(async () => {
      server = await startDebianServer();
      folder = await mkdtemp(join(tmpdir(), 'voicesurvey-db-operations-'));
      const program = `exec '${process.execPath}' '${repository}/bin/voicesurvey-db' "$@"`;
      await writeFile(join(folder, 'voicesurvey-db'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      await runOnce(
        server.url,
        `create role ${owner} login createdb password '${PASSWORD}'; create role ${service} login`,
      );
      source = await newDatabase('source');
      await up({ url: as(source, owner), directory: migrationsDirectory });
      await grantToService(source);
      await runOnce(source, "select voicesurvey.add_consumer('crm')");
      await runOnce(as(source, service), sql(history));
      await runOnce(
        source,
        sql(`delete from survey_responses where contact_id = :lena;
          update call_attempts set provider_call_id = 'key-of-dora' where id = :${attemptOf('dora')};
          insert into voicesurvey_rules.recording_progress (started_before) values (now() - interval '1 hour');
          insert into voicesurvey.recordings_to_delete (provider_call_id) values ('key-of-dora')`),
      );
      await runOnce(source, `alter database ${runName}_source set voicesurvey.time_zone = 'Europe/Rome'`);
      await runBlock('Back up', 0, { DATABASE_URL: as(source, owner), SUPERUSER_URL: server.url });
    }, SLOW);

    afterAll(async () => {
      await server.stop();
      await rm(folder, { recursive: true });
      await dropDatabase(inject('serverUrl'), `${runName}_source`);
      await runOnce(inject('serverUrl'), `drop role if exists ${owner}, ${service}`);
    });

    /** Creates an empty database that the owner owns, on the server of these tests. */
    async function newDatabase(name: string): Promise<string> {
      await runOnce(server.url, `create database ${runName}_${name} owner ${owner} template template0`);
      return withDatabaseName(server.url, `${runName}_${name}`);
    }

    async function grantToService(url: string): Promise<void> {
      await runOnce(
        url,
        `grant usage on schema public to ${service};
         grant select, insert, update, delete on all tables in schema public to ${service}`,
      );
    }

    /** Runs a block of a section as a script, with the roles of these tests. */
    async function runScript(
      heading: string,
      index: number,
      env: Record<string, string>,
    ): Promise<CliResult> {
      const { language, code } = blocksOf(PAGE, heading)[index] ?? { language: '', code: '' };
      expect(language).toBe('bash');
      const script = code.replaceAll(/\bsurvey_service\b/g, service).replaceAll(/\bdeploy\b/g, owner);
      const path = [folder, debianPrograms ?? '', process.env.PATH].join(delimiter);
      return runProgram('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
        cwd: folder,
        env: { PATH: path, ...env },
      });
    }

    async function runBlock(heading: string, index: number, env: Record<string, string>): Promise<void> {
      const { code, stderr } = await runScript(heading, index, env);
      expect({ code, stderr }).toMatchObject({ code: 0 });
    }

    test('a whole restore on another server has all rows, settings, privileges and rules', async () => {
      const serverUrl = inject('serverUrl');
      await runBlock('Restore everything', 0, { NEW_SERVER_URL: serverUrl });
      const restored = withDatabaseName(serverUrl, `${runName}_source`);
      expect(await rowsOf(restored)).toEqual(await rowsOf(source));
      expect(await brokenBy(restored)).toEqual(Object.keys(FORBIDDEN));
      expect(
        await value(
          restored,
          `select setconfig from pg_db_role_setting
           where setdatabase = (select oid from pg_database where datname = current_database())`,
        ),
      ).toEqual(['voicesurvey.time_zone=Europe/Rome']);
      expect(await value(restored, `select has_table_privilege('${service}', 'contacts', 'update')`)).toBe(
        true,
      );
      const majorOf = (url: string) =>
        value(url, "select current_setting('server_version_num')::integer / 10000");
      const isSameMajor = (await majorOf(restored)) === (await majorOf(source));
      const env = { DATABASE_URL: as(restored, owner) };
      if (isSameMajor) await runBlock('After every restore', 0, env);
      else {
        const [status, verify] = [
          await runScript('After every restore', 0, env),
          await runScript('Restore into a newer major version', 0, env),
        ];
        expect([status.code, verify.code]).toEqual([3, 3]);
        expect(verify.stdout).toMatch(/\nunknown {2}the catalog: .*: no difference\n/);
        await runBlock('Restore into a newer major version', 1, env);
        await runBlock('After every restore', 0, env);
      }
    });

    test('the owner restores a dump without being a superuser', async () => {
      const restored = await newDatabase('owned');
      const restore = blocksOf(PAGE, 'Restore everything')[0]?.code.split('\n')[1] ?? '';
      const { code, stderr } = await runProgram(
        'bash',
        ['-c', restore.replace('--create ', '').replace('NEW_SERVER_URL', 'URL')],
        {
          cwd: folder,
          env: { PATH: `${debianPrograms}${delimiter}${process.env.PATH}`, URL: as(restored, owner) },
        },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await rowsOf(restored)).toEqual(await rowsOf(source));
      expect(await brokenBy(as(restored, service))).toEqual(await brokenBy(as(source, service)));
    });

    test('a restore by several jobs, and of a plain dump, has all rows and the rules', async () => {
      const [jobs, plain] = [await newDatabase('jobs'), await newDatabase('plain')];
      const script = `pg_restore --jobs=2 --exit-on-error --dbname="$JOBS" survey.dump
        pg_dump --format=plain --dbname="$SOURCE" | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$PLAIN"`;
      const { code, stderr } = await runProgram('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
        cwd: folder,
        env: {
          PATH: `${debianPrograms}${delimiter}${process.env.PATH}`,
          JOBS: as(jobs, owner),
          PLAIN: as(plain, owner),
          SOURCE: as(source, owner),
        },
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const restored of [jobs, plain]) {
        expect(await rowsOf(restored)).toEqual(await rowsOf(source));
        expect(await brokenBy(restored)).toEqual(Object.keys(FORBIDDEN));
        expect(await verify({ url: restored, directory: migrationsDirectory })).toMatchObject({
          drift: { state: 'none' },
        });
      }
    });

    test('the SQL after a restore closes the open calls, whose ends may still be reported', async () => {
      const [close] = blocksOf(PAGE, 'After every restore').filter(({ language }) => language === 'sql');
      const restored = await newDatabase('open');
      await runOnce(server.url, `drop database ${runName}_open`);
      await runOnce(server.url, `create database ${runName}_open template ${runName}_source`);
      expect(await value(restored, 'select count(*) from call_attempts where ended_at is null')).toBe('2');
      // Ben's is his last attempt.
      await runOnce(
        restored,
        sql(
          'alter table campaigns disable trigger user; update campaigns set max_attempts = 1 where id = :survey',
        ),
      );
      await runOnce(restored, close?.code ?? '');
      expect(await value(restored, 'select count(*) from call_attempts where ended_at is null')).toBe('0');
      expect(await value(restored, 'select state::text from contacts where id = :ben')).toBe('not_reached');
      expect(await value(restored, 'select count(*) from voicesurvey.unpublished_ends')).toBe('2');
      const report =
        "select verdict from voicesurvey.finish_call('call_of_ben_1', 'completed', answers => '{a,2,3}')";
      expect(await value(restored, report)).toBe('replaced');
      expect(await value(restored, 'select state::text from contacts where id = :ben')).toBe('completed');
    });

    test('a restore with other roles gets the privileges of a fresh database back', async () => {
      const restored = await newDatabase('other');
      const reference = await newDatabase('reference');
      const [withoutPrivileges, withPrivileges] = [0, 1];
      await runBlock('Restore with other roles', withoutPrivileges, { RESTORED_URL: as(restored, owner) });
      const privileges = `select json_agg(json_build_array(name, array(select acl::text from aclexplode(list) as acl order by 1)) order by name)
        from (
          select oid::regprocedure::text as name, coalesce(proacl, acldefault('f', proowner)) as list
          from pg_proc
          where pronamespace in ('voicesurvey'::regnamespace, 'voicesurvey_rules'::regnamespace)
          union all
          select nspname, coalesce(nspacl, acldefault('n', nspowner))
          from pg_namespace
          where nspname like 'voicesurvey%'
        ) as object`;
      expect(await value(restored, privileges)).not.toEqual(await value(source, privileges));
      await runBlock('Restore with other roles', withPrivileges, {
        REFERENCE_URL: as(reference, owner),
        DATABASE_URL: as(restored, owner),
      });
      await grantToService(restored);
      expect(await value(restored, privileges)).toEqual(await value(source, privileges));
      expect(await rowsOf(restored)).toEqual(await rowsOf(source));
      expect(await brokenBy(as(restored, service))).toEqual(await brokenBy(as(source, service)));
    });

    describe('a restore of only the rows', () => {
      async function migrated(name: string): Promise<string> {
        const url = await newDatabase(name);
        await up({ url: as(url, owner), directory: migrationsDirectory });
        return url;
      }

      test('has all rows with --disable-triggers, and the rules hold afterwards', async () => {
        const restored = await migrated('rows');
        await runBlock('Restore only the rows', 0, { RESTORED_URL: restored });
        expect(await rowsOf(restored)).toEqual(await rowsOf(source));
        expect(await brokenBy(restored)).toEqual(Object.keys(FORBIDDEN));
        expect(await verify({ url: restored, directory: migrationsDirectory })).toMatchObject({
          findings: [],
        });
      });

      test('has no rows when its role is not a superuser', async () => {
        const restored = await migrated('rows_of_owner');
        const { code } = await runScript('Restore only the rows', 0, { RESTORED_URL: as(restored, owner) });
        expect(code).not.toBe(0);
        expect(await value(restored, 'select count(*) from contacts')).toBe('0');
      });

      test('has no contacts, calls, answers, events and e-mails without --disable-triggers', async () => {
        const restored = await migrated('rows_checked');
        const block = blocksOf(PAGE, 'Restore only the rows')[0]?.code ?? '';
        const script = block.replace('--disable-triggers ', '').replace('--single-transaction ', '');
        const env = { PATH: `${debianPrograms}${delimiter}${process.env.PATH}`, RESTORED_URL: restored };
        const { stderr } = await runProgram('bash', ['-c', script], { cwd: folder, env });
        expect(stderr).toContain('errors ignored on restore');
        for (const table of [
          'contacts',
          'call_attempts',
          'survey_responses',
          'events',
          'email_notifications',
        ])
          expect(await value(restored, `select count(*) from ${table}`)).toBe('0');
      });
    });

    test('a deleted campaign is copied from a restored dump, and numbers listed since are excluded', async () => {
      await runOnce(server.url, `create database ${runName}_damaged template ${runName}_source`);
      const damaged = withDatabaseName(server.url, `${runName}_damaged`);
      await runOnce(
        damaged,
        sql(`update campaigns set status = 'paused' where id = :survey; delete from campaigns where id = :survey;
             ${listNumber(PHONES.ada)}`),
      );
      expect(await value(damaged, 'select count(*) from call_attempts')).toBe('0');
      await runBlock('Restore deleted rows', 0, {
        COPY_URL: source,
        SUPERUSER_URL: damaged,
        CAMPAIGN: idOf('survey'),
      });
      const [before, after] = [await rowsOf(source), await rowsOf(damaged)];
      const changed = Object.keys(before).filter((table) => before[table] !== after[table]);
      expect(changed).toEqual([
        'contacts',
        'exclusion_list_entries',
        'voicesurvey.audit_log',
        'voicesurvey.email_queue',
      ]);
      expect(await value(damaged, 'select state::text from contacts where id = :ada')).toBe('excluded');
      expect(await value(damaged, 'select state::text from contacts where id = :dora')).toBe('completed');
      expect(await brokenBy(damaged)).toEqual(Object.keys(FORBIDDEN));
    });

    describe('the history of a restored database', () => {
      test('is recorded again by baseline when it was lost', async () => {
        await runOnce(
          server.url,
          `create database ${runName}_lost template ${runName}_source owner ${owner}`,
        );
        const lost = withDatabaseName(server.url, `${runName}_lost`);
        await runOnce(lost, 'drop schema voicesurvey_migrations cascade');
        await runBlock('Restore the history', 0, { DATABASE_URL: as(lost, owner) });
        const options = { url: as(lost, owner), directory: migrationsDirectory };
        expect(await status(options)).toMatchObject({ drift: { state: 'none' } });
        expect(await rowsOf(lost)).toEqual(await rowsOf(source));
      });
    });

    test('reindex, vacuum full and the setting for idle sessions leave nothing to verify', async () => {
      const restored = await newDatabase('maintained');
      await up({ url: as(restored, owner), directory: migrationsDirectory });
      await runOnce(restored, `reindex database ${runName}_maintained`);
      await runOnce(restored, 'reindex table concurrently contacts');
      await runOnce(restored, 'vacuum full');
      const setting = blocksOf(PAGE, 'Vacuum, reindex, long transactions')[0]?.code ?? '';
      await runOnce(restored, setting.replaceAll('survey_service', service));
      const find = blocksOf(PAGE, 'Settings that must not be set')[0]?.code ?? '';
      expect((await runOnce(restored, find)).rows).toContainEqual({
        datname: null,
        rolname: service,
        setconfig: ['idle_in_transaction_session_timeout=60s', 'client_connection_check_interval=1s'],
      });
      const options = { url: restored, directory: migrationsDirectory };
      expect(await verify(options)).toMatchObject({ drift: { state: 'none' }, findings: [] });
    });

    describe('logical replication', () => {
      const [publication, subscription] = blocksOf(PAGE, 'Logical replication');
      const name = `${runName}_subscriber`;
      let subscriber: string;

      beforeAll(async () => {
        subscriber = await createDatabase(inject('serverUrl'), name);
        await up({ url: subscriber, directory: migrationsDirectory });
      }, SLOW);

      afterAll(async () => {
        await runOnce(subscriber, 'drop subscription if exists survey').catch(() => {});
        await dropDatabase(inject('serverUrl'), name);
      });

      test('copies and streams all rows without firing a trigger of the subscriber', async () => {
        const { port } = new URL(source);
        await runOnce(source, publication?.code ?? '');
        await runOnce(
          subscriber,
          (subscription?.code ?? '').replace(
            /'host=.*'/,
            `'host=127.0.0.1 port=${port} dbname=${runName}_source user=postgres'`,
          ),
        );
        const isEqual = async () =>
          JSON.stringify(await rowsOf(subscriber)) === JSON.stringify(await rowsOf(source));
        await until(isEqual);
        await runOnce(source, sql(listNumber(PHONES.jack)));
        await runOnce(
          source,
          sql(`update call_attempts set answered_at = started_at where id = :${attemptOf('cleo')}`),
        );
        const caughtUp = blocksOf(PAGE, 'Switch over')[0]?.code ?? '';
        await until(async () => (await value(source, caughtUp)) === true);
        expect(await isEqual()).toBe(true);
        expect(await brokenBy(subscriber)).toEqual(Object.keys(FORBIDDEN));
        expect(await verify({ url: subscriber, directory: migrationsDirectory })).toMatchObject({
          findings: [],
        });
      });
    });
  },
);

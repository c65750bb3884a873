import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { expect } from 'vitest';
import { type TestDatabase, test, withDatabase } from '../support/database.js';
import { session } from '../support/databases.js';
import { folderWith } from '../support/folder.js';
import { findPgDump } from '../support/pg-dump.js';
import { hasPsql, runPsql } from '../support/psql.js';
import { history, rowsOfHistory } from './rules/history.js';
import { withIds } from './rules/names.js';
import {
  answerCall,
  claim,
  endCall,
  insertAnswers,
  insertContact,
  insertEvent,
  setState,
} from './rules/steps.js';

const services = await readFile(new URL('../../docs/services-by-hand.md', import.meta.url), 'utf8');
const [CREATE_SERVICE = '', GRANT_TO_PUBLIC = ''] = Array.from(
  services.slice(services.indexOf('## Privileges of a service')).matchAll(/```sql\n(.*?)```/gs),
  ([, sql = '']) => sql,
);

/** A call from its claim to its event, by a service. */
const CALL = `${insertContact('new', '+4920009999')} ${claim('new', { ago: '1 min' })} ${answerCall('new_call_of_new')}
  ${insertAnswers('new', 'new_call_of_new')} ${endCall('new_call_of_new', 'completed', 'now()')} ${setState('new', 'completed')}
  ${insertEvent('completed', 'new', 'new_call_of_new')} set constraints all immediate;`;

/** Writes that break a rule, each kept by another kind of trigger or by a CHECK. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  never_dial_an_excluded_number: claim('ines'),
  answer_end_and_outcome_of_a_call_are_final:
    "update call_attempts set outcome = 'busy' where outcome = 'completed';",
  an_attempt_keeps_its_keys_and_start: 'update call_attempts set attempt_number = 9;',
  phone_number_of_a_contact_is_e164: "update contacts set phone_number = '1' where id = :ada;",
};

/** The functions that every role may call. */
const readPublicFunctions = async (client: pg.Client): Promise<readonly string[]> => {
  const { rows } = await client.query(
    `select pronamespace::regnamespace || '.' || proname as name from pg_proc
     where pronamespace::regnamespace::text in ('voicesurvey', 'voicesurvey_rules')
       and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)
     order by 1`,
  );
  return rows.map(({ name }) => name);
};

/** Restores a dump without owners and privileges as a role without special rights, into a database of that role. */
async function withRestored(
  { url, client }: TestDatabase,
  pgDump: string,
  setUp: string,
  use: (owner: pg.Client, service: pg.Client) => Promise<void>,
): Promise<void> {
  await client.query(withIds(history, rowsOfHistory));
  const folder = await folderWith({ 'restore.sql': '\\set ON_ERROR_STOP on\n\\i dump.sql\n' });
  const options = ['--no-owner', '--no-privileges', `--dbname=${url}`, `--file=${join(folder, 'dump.sql')}`];
  await promisify(execFile)(pgDump, options);
  const suffix = randomBytes(4).toString('hex');
  const [owner, service] = [`owner_${suffix}`, `service_${suffix}`];
  await withDatabase('template0', async (restored) => {
    const urlOf = (role: string): string => {
      const address = new URL(restored.url);
      [address.username, address.password] = [role, 'secret'];
      return address.href;
    };
    await restored.client.query(`create role ${owner} login password 'secret';
      create role ${service} login password 'secret';
      alter database "${restored.name}" owner to ${owner};`);
    const asOwner = await session(urlOf(owner));
    await asOwner.query(setUp);
    await runPsql(urlOf(owner), folder, 'restore.sql');
    await asOwner.query(CREATE_SERVICE.replace(/^create role.*\n/, '').replaceAll('survey_service', service));
    const asService = await session(urlOf(service));
    await use(asOwner, asService).finally(async () => {
      await Promise.all([asOwner.end(), asService.end()]);
      await restored.client.query(`drop owned by ${service}; drop owned by ${owner} cascade;
        alter database "${restored.name}" owner to current_user; drop role ${service}; drop role ${owner};`);
    });
  });
}

const RESTORES = {
  'with default privileges': '',
  'in a database whose default privileges give PUBLIC nothing':
    'alter default privileges revoke execute on functions from public; alter default privileges revoke usage on types from public;',
};

for (const [where, setUp] of Object.entries(RESTORES)) {
  test(`the rules hold for a service after a restore without owners and privileges, ${where}`, async ({
    migrated,
    skip,
  }) => {
    const major = Math.floor(Number(await migrated.value('show server_version_num')) / 10_000);
    const pgDump = findPgDump(major);
    if (pgDump === null || !hasPsql) return skip(`no pg_dump of PostgreSQL ${major} or psql on this machine`);
    await withRestored(migrated, pgDump, setUp, async (owner, service) => {
      if (setUp !== '') await owner.query(GRANT_TO_PUBLIC);
      const rollBack = async (sql: string): Promise<unknown> => {
        try {
          return await service.query(withIds(`begin; ${sql}`, rowsOfHistory));
        } finally {
          await service.query('rollback');
        }
      };
      await rollBack(CALL);
      for (const [constraint, sql] of Object.entries(FORBIDDEN)) {
        await expect(rollBack(`${sql} set constraints all immediate;`), constraint).rejects.toMatchObject({
          code: '23514',
          constraint,
        });
      }
      await owner.query(GRANT_TO_PUBLIC);
      expect(await readPublicFunctions(owner)).toEqual(await readPublicFunctions(migrated.client));
      for (const call of ["lock_mutex_rows('{0}')", 'last_call_was_erased(gen_random_uuid())']) {
        await expect(rollBack(`select voicesurvey_rules.${call};`), call).rejects.toMatchObject({
          code: '42501',
        });
      }
    });
  });
}

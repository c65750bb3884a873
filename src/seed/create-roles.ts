import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import pg from '../postgres/driver/pg.js';
import { queryAll, queryRows, SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { ExplainedError } from '../postgres/errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE } from '../postgres/errors/sql-states.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { call, remedy } from '../text/remedy.js';
import { migrationsDirectory } from './paths.js';

/** The roles of the services, with what a comment on each says in the cluster. */
const ROLES = {
  voicesurvey_importer: 'Imports contacts and exclusions through the API of voicesurvey-db.',
  voicesurvey_caller:
    'Claims, reports and ends calls through the API of voicesurvey-db: scheduler, telephony, dialogue.',
  voicesurvey_mailer: 'Sends e-mails and delivers events through the API of voicesurvey-db.',
  voicesurvey_manager:
    'Manages campaigns and templates, exports and erases, through the API of voicesurvey-db.',
  voicesurvey_dashboard: 'Reads numbers without personal data through the API of voicesurvey-db.',
  voicesurvey_app: 'All of importer, caller, mailer, manager and dashboard of voicesurvey-db.',
  voicesurvey_migrator: 'Owns a database of voicesurvey-db and applies its migrations.',
} as const;

const MEMBERSHIPS = `grant voicesurvey_importer, voicesurvey_caller, voicesurvey_mailer, voicesurvey_manager, voicesurvey_dashboard
  to voicesurvey_app`;

const EXISTING = `select rolname as role from pg_catalog.pg_roles where rolname = any (${nameList()})`;

function nameList(): string {
  return `array[${Object.keys(ROLES)
    .map((name) => pg.escapeLiteral(name))
    .join(', ')}]`;
}

/** A role of this name that has its own rights would get those of the services in addition, or lend it theirs. */
const POWERFUL = `select rolname as role
from pg_catalog.pg_roles
where rolname = any (${nameList()})
  and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
order by rolname`;

const CREATE = `do $roles$
declare
  wanted record;
begin
  for wanted in
    select key as name, value as description
    from json_each_text(${pg.escapeLiteral(JSON.stringify(ROLES))})
    where to_regrole(key) is null
  loop
    begin
      execute format('create role %I nologin', wanted.name);
      execute format('comment on role %I is %L', wanted.name, wanted.description);
    exception
      -- Another session has created it in the meantime.
      when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$roles$`;

/**
 * Reads the grants of V0029. They are sent as SQL: the function of the database that has them may have been made by another
 * role, and would run with the rights of this one.
 */
async function readGrants(): Promise<string> {
  const file = await readFile(join(migrationsDirectory, 'V0029.privileges_of_roles.up.sql'), 'utf8');
  const body = /as \$function\$\n(.*?)\$function\$/s.exec(file)?.[1];
  if (body === undefined) throw new Error(`The file of V0029 has no function.`);
  return `do $grants$
begin
  if to_regprocedure('voicesurvey_rules.grant_privileges_to_roles()') is not null then
    ${body.trim()};
  end if;
end
$grants$`;
}

const HAS_API = `select to_regprocedure('voicesurvey_rules.grant_privileges_to_roles()') is not null as granted`;

/** The result of {@link createRoles}. */
export interface CreateRolesResult {
  readonly server: Server;
  /** The roles that were missing and were created, by name. */
  readonly created: readonly string[];
  /** Whether the schema has the version that grants privileges to the roles; if not, `up` grants them. */
  readonly granted: boolean;
}

/** The options of {@link createRoles}. */
export interface CreateRolesOptions extends Database {
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Creates the roles of the services, which cannot log in, and grants them what they may do. Run again, it changes nothing.
 * Services log in with their own roles, which are members of these: `create role dialler login in role voicesurvey_caller`.
 *
 * @throws ExplainedError `role_is_powerful` if one of the roles exists with rights such as SUPERUSER, `may_not_create_roles`
 * @example
 * ```ts
 * const { created } = await createRoles({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function createRoles(options: CreateRolesOptions): Promise<CreateRolesResult> {
  checkOptions('createRoles', options, 'url');
  return withDatabase(options, async ({ connection }) => {
    const { client } = connection;
    const [powerful] = await queryRows<{ role: string }>(client, POWERFUL);
    if (powerful !== undefined) throw roleIsPowerful(powerful.role);
    const before = await queryRows<{ role: string }>(client, EXISTING);
    const results = await grantAll(client);
    const known = new Set(before.map(({ role }) => role));
    return {
      server: describeServer(connection),
      created: Object.keys(ROLES).filter((name) => !known.has(name)),
      granted: results.some(({ rows }) => rows[0]?.granted === true),
    };
  });
}

interface Granted {
  readonly granted?: boolean;
}

const grantAllWith = (grants: string): readonly string[] => [
  'begin',
  SYSTEM_NAMES_ONLY,
  REPORT_WARNINGS,
  CREATE,
  MEMBERSHIPS,
  grants,
  HAS_API,
  'commit',
];

/** The server does not wait for a row of its catalog that another session changes, and this is no fault of the server. */
const CONCURRENT_CHANGE = 'simple_heap_update';
const MOST_ATTEMPTS = 20;

async function grantAll(client: pg.Client): Promise<readonly pg.QueryResult<Granted>[]> {
  const sql = grantAllWith(await readGrants()).join(';\n');
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Nothing follows the commit: a cancel that arrives while the server commits would cancel that.
      return await queryAll<Granted>(client, sql);
    } catch (error) {
      await client.query('rollback');
      const isConcurrent = error instanceof pg.DatabaseError && error.routine === CONCURRENT_CHANGE;
      if (!isConcurrent || attempt === MOST_ATTEMPTS) throw explainCreateError(error);
    }
  }
}

function roleIsPowerful(role: string): ExplainedError {
  return new ExplainedError(
    'role_is_powerful',
    `The role ${role} exists and has SUPERUSER, CREATEROLE, CREATEDB, REPLICATION or BYPASSRLS, which no role of the services may have.`,
    {
      remedy: remedy`Find out who created it. Take these attributes from it (alter role ${role} nosuperuser nocreaterole nocreatedb noreplication nobypassrls), then run ${call('createRoles')} again.`,
    },
  );
}

function explainCreateError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) return error;
  return new ExplainedError(
    'may_not_create_roles',
    `This role may not create the roles or grant to them: ${error.message}.`,
    {
      remedy: remedy`Run ${call('createRoles')} as the owner of the database with CREATEROLE, or as a superuser. Nothing was changed.`,
      cause: error,
    },
  );
}

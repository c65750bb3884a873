import type { MigrationSet } from '../../catalog/migration-set.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';

/** The remedy for a role that may not write the history. `verify` reports a role that was granted the privilege. */
export function migrateAsOwner({ historyTable }: MigrationSet): string {
  return (
    `Connect as the role that owns ${historyTable}. ` +
    'All migrations of a database run as that one role, which then owns everything that they create.'
  );
}

/** SQL that sets a history aside that does not belong to the tables, as after a restore of one without the other. */
export function setHistoryAside({ historySchema }: MigrationSet): string {
  return `alter schema ${historySchema} rename to before_${historySchema};`;
}

/** SQL that sets the sequence of the ids after the rows: a restore of the rows alone leaves it at its start. */
export function continueIds({ historyTable }: MigrationSet): string {
  return `select setval(pg_get_serial_sequence('${historyTable}', 'id'), (select max(id) from ${historyTable}));`;
}

/** How a migration got into the history. */
export type Origin = 'applied' | 'baseline' | 'repaired' | 'accepted';

/** A row of the history, without the long texts that most readers do not need. */
export interface HistoryRow {
  /** Numbers the applications in their order. */
  readonly id: bigint;
  readonly version: bigint;
  readonly name: string;
  readonly checksumUp: string;
  /** Null for an irreversible migration. */
  readonly checksumDown: string | null;
  readonly irreversible: string | null;
  readonly origin: Origin;
  readonly reason: string | null;
  readonly appliedBy: string;
  readonly appliedWith: string;
  readonly appliedOn: string | null;
  /** Null if a Date cannot hold the recorded time. */
  readonly appliedAt: Date | null;
  readonly durationMs: number;
  /** The direction of a no-transaction file that stopped part-way; null for a whole migration. */
  readonly unfinished: 'up' | 'down' | null;
  readonly statementsDone: number | null;
  /** Checksum of the committed statements: a run resumes only if the file still begins with them. */
  readonly statementsDoneChecksum: string | null;
}

const ORIGIN_IS_KNOWN = "check (origin in ('applied', 'baseline', 'repaired', 'accepted'))";

/** A column of the history: its type with its constraints, and its comment. */
interface Column {
  readonly type: string;
  readonly comment?: string;
}

/** The columns of the history, in their order. */
const COLUMNS = {
  id: {
    type: 'bigint generated always as identity constraint applications_are_numbered primary key',
  },
  version: { type: 'bigint not null constraint a_version_is_applied_once unique' },
  name: { type: 'text not null', comment: 'The name of the files without .up.sql and .down.sql.' },
  checksum_up: {
    type: 'text not null',
    comment: 'SHA-256 of the up file after byte order mark, line ends and trailing newlines are normalized.',
  },
  checksum_down: {
    type: 'text',
    comment: 'SHA-256 of the down file, computed in the same way; null for an irreversible migration.',
  },
  down_sql: {
    type: 'text',
    comment: 'The down file itself, so that a release without the file can roll back.',
  },
  irreversible: { type: 'text', comment: 'Why the migration cannot be rolled back.' },
  origin: {
    type: `text not null constraint origin_is_known ${ORIGIN_IS_KNOWN}`,
    comment:
      'applied: the engine ran it. baseline: the database had it already. repaired: a user accepted its changed files. accepted: a user accepted the catalog as it was.',
  },
  reason: { type: 'text', comment: 'Why it was repaired or accepted, and which differences were accepted.' },
  applied_by: { type: 'text not null', comment: 'The database role.' },
  applied_with: { type: 'text not null', comment: 'The tool and its version.' },
  applied_on: { type: 'text', comment: 'The name of the host that ran the tool.' },
  applied_at: { type: 'timestamptz not null' },
  duration_ms: { type: 'integer not null', comment: 'How long the migration took, in milliseconds.' },
  run_id: {
    type: 'uuid not null',
    comment: 'The run that applied it; the newest row of a run holds the snapshot.',
  },
  search_path: {
    type: 'text',
    comment: 'The search path with which the statements of the up file began; null if they did not run.',
  },
  unfinished: {
    type: "text constraint unfinished_names_a_direction check (unfinished in ('up', 'down'))",
    comment: 'The direction of a no-transaction file that stopped part-way; null for a whole migration.',
  },
  statements_done: {
    type: 'integer',
    comment: 'How many statements of the unfinished file are committed.',
  },
  statements_done_checksum: { type: 'text', comment: 'SHA-256 of the committed statements.' },
  snapshot: { type: 'text', comment: 'The catalog as the run left it.' },
  snapshot_format: { type: 'integer', comment: 'The version of the format of the snapshot.' },
  snapshot_server_major: {
    type: 'integer',
    comment: 'The major version of the server that described the catalog.',
  },
  fingerprint: { type: 'text', comment: 'SHA-256 of the snapshot.' },
} as const satisfies Readonly<Record<string, Column>>;

/** The name of a column of the history. */
export type HistoryColumn = keyof typeof COLUMNS;

/** Every column of the history, in their order. */
export const HISTORY_COLUMNS = Object.keys(COLUMNS) as readonly HistoryColumn[];

const CONSTRAINTS = [
  "constraint a_repair_has_a_reason check (origin not in ('repaired', 'accepted') or reason is not null)",
  'constraint a_migration_is_reversible_or_has_a_reason check ((down_sql is null) <> (irreversible is null))',
  'constraint a_down_file_has_a_checksum check ((down_sql is null) = (checksum_down is null))',
  `constraint an_unfinished_migration_has_progress check (
      (unfinished is null) = (statements_done is null)
      and (unfinished is null) = (statements_done_checksum is null)
    )`,
  'constraint a_snapshot_is_whole check (num_nulls(snapshot, snapshot_format, snapshot_server_major, fingerprint) in (0, 4))',
];

const definitions = [
  ...Object.entries<Column>(COLUMNS).map(([name, { type }]) => `${name} ${type}`),
  ...CONSTRAINTS,
];

function commentsOn(historyTable: string): readonly string[] {
  return Object.entries<Column>(COLUMNS).flatMap(([name, { comment }]) =>
    comment === undefined ? [] : [`comment on column ${historyTable}.${name} is '${comment}';`],
  );
}

/**
 * SQL that creates the history. It may be sent any number of times. It creates only what is missing, so that a role that may
 * write the history need not be allowed to create schemas.
 */
export function createHistory({ historySchema, historyTable }: MigrationSet): string {
  return `do $create_history$
declare
  other record;
begin
  if pg_catalog.to_regclass('${historyTable}') is not null then
    return;
  end if;
  if pg_catalog.to_regnamespace('${historySchema}') is null then
    create schema ${historySchema};
    comment on schema ${historySchema} is
      'Which migrations this database has. Only the migration engine writes here; reading is granted to named roles.';
  end if;
  -- An event trigger may have changed the search path. The constraints would call the operators of another schema.
  ${SYSTEM_NAMES_ONLY};
  create table ${historyTable} (
    ${definitions.join(',\n    ')}
  );
  revoke all on schema ${historySchema} from public;
  revoke all on ${historyTable} from public;
  ${SYSTEM_NAMES_ONLY};
  -- Default privileges may let other roles write, which could then choose the SQL of the next rollback. They may read.
  for other in
    select rolname as role, pg_catalog.bool_or(privilege_type = 'SELECT') as may_read
    from pg_catalog.pg_namespace
    join pg_catalog.pg_class on relnamespace = pg_namespace.oid
    cross join lateral (
      select * from pg_catalog.aclexplode(nspacl)
      union all
      select * from pg_catalog.aclexplode(relacl)
    ) as granted
    join pg_catalog.pg_roles on pg_roles.oid = grantee
    where pg_class.oid = '${historyTable}'::pg_catalog.regclass
      and grantee <> relowner
    group by rolname
  loop
    execute pg_catalog.format('revoke create on schema ${historySchema} from %I', other.role);
    execute pg_catalog.format('revoke all on ${historyTable} from %I', other.role);
    if other.may_read then
      execute pg_catalog.format('grant select on ${historyTable} to %I', other.role);
    end if;
  end loop;
  comment on table ${historyTable} is 'One row for every applied migration, in the order of application.';
  ${commentsOn(historyTable).join('\n  ')}
  ${SYSTEM_NAMES_ONLY};
end
$create_history$`;
}

/**
 * SQL that lets a history that an earlier release created hold the origin `accepted`. It changes nothing if the history can, so that a
 * role that may write the history need not own it.
 */
export function allowAccepted({ historyTable }: MigrationSet): string {
  return `do $allow_accepted$
begin
  if exists (
    select from pg_catalog.pg_constraint
    where conrelid = '${historyTable}'::pg_catalog.regclass
      and conname = 'origin_is_known'
      and pg_catalog.strpos(pg_catalog.pg_get_constraintdef(oid), 'accepted') = 0
  ) then
    alter table ${historyTable}
      drop constraint origin_is_known,
      add constraint origin_is_known ${ORIGIN_IS_KNOWN};
  end if;
end
$allow_accepted$`;
}

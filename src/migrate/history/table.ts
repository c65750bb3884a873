import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';

/** The history's full name. */
export const HISTORY_TABLE = `${HISTORY_SCHEMA}.history`;

/** What a role needs that runs migrations or repairs them, as a remedy. */
export const LET_WRITE_HISTORY =
  `Who migrates writes the history. Let its owner run: grant usage on schema ${HISTORY_SCHEMA} to <role>; ` +
  `grant select, insert, update, delete on ${HISTORY_TABLE} to <role>;`;

/** How a migration got into the history. */
export type Origin = 'applied' | 'baseline' | 'repaired';

/** A row of the history, without the long texts that most readers do not need. */
export interface HistoryRow {
  /** Counts the applications in their order. */
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
  readonly appliedAt: Date;
  readonly durationMs: number;
  /** The direction of a no-transaction file that has not come to its end; null for a whole migration. */
  readonly unfinished: 'up' | 'down' | null;
  readonly statementsDone: number | null;
  /** Checksum of the statements that are done, to go on only behind the same ones. */
  readonly statementsDoneChecksum: string | null;
}

/**
 * Creates the history. It may be sent any number of times; it creates only what is missing, so that a role that may
 * write the history need not be allowed to create schemas.
 */
export const CREATE_HISTORY = `do $create_history$
begin
  if pg_catalog.to_regclass('${HISTORY_TABLE}') is not null then
    return;
  end if;
  if pg_catalog.to_regnamespace('${HISTORY_SCHEMA}') is null then
    create schema ${HISTORY_SCHEMA};
    comment on schema ${HISTORY_SCHEMA} is
      'Which migrations this database has. Written by the migration engine alone; reading is granted by name.';
  end if;
  create table ${HISTORY_TABLE} (
    id                       bigint generated always as identity
                             constraint applications_are_numbered primary key,
    version                  bigint not null
                             constraint a_version_is_applied_once unique,
    name                     text not null,
    checksum_up              text not null,
    checksum_down            text,
    down_sql                 text,
    irreversible             text,
    origin                   text not null
                             constraint origin_is_known check (origin in ('applied', 'baseline', 'repaired')),
    reason                   text,
    applied_by               text not null,
    applied_with             text not null,
    applied_on               text,
    applied_at               timestamptz not null,
    duration_ms              integer not null,
    run_id                   uuid not null,
    unfinished               text
                             constraint unfinished_names_a_direction check (unfinished in ('up', 'down')),
    statements_done          integer,
    statements_done_checksum text,
    snapshot                 text,
    snapshot_format          integer,
    snapshot_server_major    integer,
    fingerprint              text,
    constraint a_repair_has_a_reason check (origin <> 'repaired' or reason is not null),
    constraint there_is_a_way_back_or_a_reason check ((down_sql is null) <> (irreversible is null)),
    constraint a_way_back_has_a_checksum check ((down_sql is null) = (checksum_down is null)),
    constraint unfinished_tells_how_far check (
      (unfinished is null) = (statements_done is null)
      and (unfinished is null) = (statements_done_checksum is null)
    ),
    constraint a_snapshot_is_whole check (num_nulls(snapshot, snapshot_format, snapshot_server_major, fingerprint) in (0, 4))
  );
  revoke all on schema ${HISTORY_SCHEMA} from public;
  revoke all on ${HISTORY_TABLE} from public;
  comment on table ${HISTORY_TABLE} is 'One row for every migration that is applied, in the order of application.';
  comment on column ${HISTORY_TABLE}.name is 'The name of the files without .up.sql and .down.sql.';
  comment on column ${HISTORY_TABLE}.checksum_up is 'SHA-256 of the up file after byte order mark, line ends and trailing newlines are normalized.';
  comment on column ${HISTORY_TABLE}.checksum_down is 'The same of the down file; null where there is no way back.';
  comment on column ${HISTORY_TABLE}.down_sql is 'The down file itself, so that a release without the file can roll back.';
  comment on column ${HISTORY_TABLE}.irreversible is 'Why there is no way back.';
  comment on column ${HISTORY_TABLE}.origin is 'applied: the engine ran it. baseline: it was there. repaired: its checksum was accepted by hand.';
  comment on column ${HISTORY_TABLE}.reason is 'Why it was repaired, or what a baseline accepted.';
  comment on column ${HISTORY_TABLE}.applied_by is 'The database role.';
  comment on column ${HISTORY_TABLE}.applied_with is 'The tool and its version.';
  comment on column ${HISTORY_TABLE}.applied_on is 'The name of the host that ran the tool.';
  comment on column ${HISTORY_TABLE}.duration_ms is 'How long the migration took, in milliseconds.';
  comment on column ${HISTORY_TABLE}.run_id is 'The run that applied it; the newest row of a run holds the snapshot.';
  comment on column ${HISTORY_TABLE}.unfinished is 'The direction of a no-transaction file that stopped half-way; null for a whole migration.';
  comment on column ${HISTORY_TABLE}.statements_done is 'How many statements of the unfinished file are done.';
  comment on column ${HISTORY_TABLE}.statements_done_checksum is 'SHA-256 of the statements that are done.';
  comment on column ${HISTORY_TABLE}.snapshot is 'The catalog that the run left.';
  comment on column ${HISTORY_TABLE}.fingerprint is 'SHA-256 of the snapshot.';
end
$create_history$`;

import { displayName } from '../../catalog/names.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import type { Entry, MigrationState } from '../../migrate/history/compare.js';
import { describeOtherFolder } from '../../migrate/history/other-folder.js';
import type { BrokenBody } from '../functions/checked-function.js';
import type { BrokenRows } from '../rows/find-broken-rows.js';
import { findRuleViolations } from '../rules/schema-rules.js';
import { finding, type VerifyFinding } from './finding.js';
import type { BlockingPublication } from './publications.js';
import type { ReplicationRole } from './replication-role.js';
import type { UnvalidatedConstraint } from './unvalidated.js';

/** At most this many ids are part of a sentence. */
const IDS_IN_TEXT = 5;

const STATE_IN_WORDS: Readonly<Record<Exclude<MigrationState, 'applied'>, string>> = {
  pending: 'not applied yet',
  late: 'not applied, although a newer one is',
  changed: 'the file differs from what was applied',
  missing: 'applied, and this release has no file for it',
  unfinished: 'stopped part-way',
};

/** The finding of a folder that does not belong to the database. */
export function findingsOfFolder(entries: readonly Entry[]): VerifyFinding[] {
  const problem = describeOtherFolder(entries);
  return problem === null ? [] : [finding('migration', 'the folder of migrations', problem)];
}

/** The finding of a migration that is not applied as its files are now. */
export function findingsOfMigration({ name, state }: Entry): VerifyFinding[] {
  if (state === 'applied') return [];
  return [finding('migration', `migration ${name}`, STATE_IN_WORDS[state])];
}

/** The findings of the indexes that no query uses. */
export function findingsOfIndexes({ objects }: Snapshot): VerifyFinding[] {
  return Object.entries(objects).flatMap(([object, members]) =>
    Object.entries(members).flatMap(([member, facts]) =>
      facts['is invalid'] === true || facts['index is invalid'] === true
        ? [
            finding(
              'index',
              displayName(object, member),
              'invalid, because its build failed; no query uses it',
            ),
          ]
        : [],
    ),
  );
}

/** The finding of a constraint that is not validated, with the rows that violate it. */
export function findingOfConstraint({ object, rows, reason }: UnvalidatedConstraint): VerifyFinding {
  const counted =
    rows === null
      ? `its rows could not be counted: ${reason}`
      : `${rows} ${rows === 1 ? 'row violates' : 'rows violate'} it`;
  return { ...finding('constraint', object, `not validated; ${counted}`), rows };
}

/** The findings of the rules of the schema. */
export function findingsOfRules(snapshot: Snapshot): VerifyFinding[] {
  return findRuleViolations(snapshot).map(({ object, finding: text }) => finding('rule', object, text));
}

/** The finding of a default that disables triggers and foreign keys. */
export function findingOfReplicationRole({ where, value }: ReplicationRole): VerifyFinding {
  const problem =
    value === 'replica'
      ? `${value} for ${where}, so that no trigger fires and no foreign key is checked`
      : `${value} for ${where}, so that it is not known whether triggers fire in the others`;
  return finding('setting', 'setting session_replication_role', problem);
}

/** The finding of a publication with which the server refuses to change rows. */
export function findingOfPublication({ publication, table }: BlockingPublication): VerifyFinding {
  const problem = `the server refuses every update and delete of ${table}: its row filter or its list of columns does not fit the replica identity of the table`;
  return finding('setting', `publication ${publication}`, problem);
}

/** The finding of a time zone with which no call starts. */
export function findingOfTimeZone(zone: string): VerifyFinding {
  const problem = `${zone === '' ? 'an empty text' : zone} is neither UTC nor an Area/Location name of pg_timezone_names, so no call starts`;
  return finding('rule', 'setting voicesurvey.time_zone', problem);
}

/** The finding of a function whose body does not fit the catalog. */
export function findingOfBody({ name, problem }: BrokenBody): VerifyFinding {
  return finding('function', displayName(`function ${name}`, 'itself'), problem);
}

/** The finding of rows that break a rule or a foreign key. */
export function findingOfRows({ name, rule, table, finds, rows, reason, ids }: BrokenRows): VerifyFinding {
  const of = rule === null ? 'foreign key' : `rule ${rule}`;
  const object = `${of}, ${name}`;
  if (rows === null) return finding('data', object, `${table} could not be checked: ${reason}`);
  const shown = ids.slice(0, IDS_IN_TEXT).join(', ');
  const more = rows > IDS_IN_TEXT && ids.length > 0 ? ', …' : '';
  const text = `${rows} in ${table} (${finds})${shown === '' ? '' : `: ${shown}${more}`}`;
  return { ...finding('data', object, text), rows, ids };
}

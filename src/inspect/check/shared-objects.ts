import pg from '../../postgres/pg.js';
import { isKnownText } from '../../postgres/redaction/known-text.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statements.js';
import type { CheckFinding } from '../finding.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';

/** What all databases of a server have in common, so that no throw-away database keeps it to itself. */
export interface SharedObject {
  readonly kind: 'role' | 'tablespace';
  readonly name: string;
}

/** Whether a statement changes what all databases of a server have in common, so that two of them come into conflict. */
export function isAboutTheServer({ sql }: Statement): boolean {
  return /\b(create|alter|drop)\s+(role|user|group|tablespace)\b/i.test(sql);
}

/** The roles and tablespaces of a server, by name. */
export async function readSharedObjects(client: pg.Client): Promise<readonly SharedObject[]> {
  const { rows } = await client.query<{ kind: SharedObject['kind']; name: string }>(
    `select 'role' as kind, rolname as name from pg_catalog.pg_roles
     union all
     select 'tablespace', spcname from pg_catalog.pg_tablespace
     order by 1, 2`,
  );
  return rows;
}

/**
 * Tells what the files have left on the server. It is not removed: another session may have made it meanwhile.
 *
 * @param before what was there before the files were tried
 * @param after what is there now
 */
export function stayingObjects(
  before: readonly SharedObject[],
  after: readonly SharedObject[],
  migrations: readonly CheckedMigration[],
): readonly CheckFinding[] {
  const known = new Set(before.map(keyOf));
  const files = migrations.flatMap(({ up, down }) => (down === null ? [up] : [up, down]));
  return after
    .filter((object) => !known.has(keyOf(object)))
    .flatMap((object) => {
      const maker = files.find((file) => makerIn(file, object) !== undefined);
      return maker === undefined ? [] : [noteOf(object, maker)];
    });
}

function keyOf({ kind, name }: SharedObject): string {
  return `${kind} ${name}`;
}

function makerIn({ work }: CheckedFile, { name }: SharedObject): Statement | undefined {
  return work.statements.find((statement) => isAboutTheServer(statement) && isKnownText(name, statement.sql));
}

function noteOf(object: SharedObject, file: CheckedFile): CheckFinding {
  const { label, script } = file.work;
  const { line, column } = locate(script.source, makerIn(file, object)?.offset ?? 0);
  const what = `${object.kind} ${pg.escapeIdentifier(object.name)}`;
  return {
    rule: 'stays-on-the-server',
    migration: label,
    file: script.source.path,
    line,
    column,
    message: `The ${what} was not on the server before, and is there now.`,
    remedy: `The next check finds it there. Where nobody needs it: drop ${what};`,
  };
}

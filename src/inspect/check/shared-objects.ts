import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { isKnownText } from '../../postgres/redaction/words.js';
import { locate } from '../../sql/location.js';
import type { Statement } from '../../sql/statements.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';
import type { CheckFinding } from './finding.js';

/** An object that all databases of a server share. It is not dropped together with a throw-away database. */
export interface SharedObject {
  readonly kind: 'role' | 'tablespace';
  readonly name: string;
}

/** Whether a statement changes a shared object, so that two databases cannot run it concurrently. */
export function changesSharedObjects({ sql }: Statement): boolean {
  return /\b(create|alter|drop)\s+(role|user|group|tablespace)\b/i.test(sql);
}

/** Reads the roles and tablespaces of a server, in the order of their names. */
export async function readSharedObjects(client: pg.Client): Promise<readonly SharedObject[]> {
  return queryRows<{ kind: SharedObject['kind']; name: string }>(
    client,
    `select 'role' as kind, rolname as name from pg_catalog.pg_roles
     union all
     select 'tablespace', spcname from pg_catalog.pg_tablespace
     order by 1, 2`,
  );
}

/**
 * Makes a note for each shared object that the files have left on the server. The objects are not dropped, because another
 * session may have created one of the same name.
 *
 * @param before the shared objects before the files ran
 * @param after the shared objects now
 */
export function noteRemainingObjects(
  before: readonly SharedObject[],
  after: readonly SharedObject[],
  migrations: readonly CheckedMigration[],
): readonly CheckFinding[] {
  const known = new Set(before.map(keyOf));
  const files = migrations.flatMap(({ up, down }) => (down === null ? [up] : [up, down]));
  return after
    .filter((object) => !known.has(keyOf(object)))
    .flatMap((object) => {
      const file = files.find((candidate) => findCreation(candidate, object) !== undefined);
      return file === undefined ? [] : [toNote(object, file)];
    });
}

function keyOf({ kind, name }: SharedObject): string {
  return `${kind} ${name}`;
}

function findCreation({ work }: CheckedFile, { name }: SharedObject): Statement | undefined {
  return work.statements.find(
    (statement) => changesSharedObjects(statement) && isKnownText(name, statement.sql),
  );
}

function toNote(object: SharedObject, file: CheckedFile): CheckFinding {
  const { label, script } = file.work;
  const { line, column } = locate(script.source, findCreation(file, object)?.offset ?? 0);
  const name = `${object.kind} ${pg.escapeIdentifier(object.name)}`;
  return {
    rule: 'stays-on-the-server',
    migration: label,
    file: script.source.path,
    line,
    column,
    message: `The ${name} was not on the server before the check, and remains there.`,
    remedy: `It exists when the next check starts. If it is not needed, run: drop ${name};`,
  };
}

import { omitPublic } from '../../catalog/names.js';
import type pg from '../../postgres/driver/pg.js';
import { isKnownName } from '../../postgres/redaction/words.js';
import { type Migration, readMigrations } from '../files/read-folder.js';
import type { Work } from '../script/work.js';
import { notDeletedError } from './errors.js';
import { existingNames } from './existing-names.js';
import type { Ledger } from './ledger.js';
import { namesOf } from './loss.js';

/**
 * Refuses names that the caller gave and that this run does not delete: existing data, and names that neither the database
 * nor a migration has, such as a typo. It tolerates data that an earlier run has deleted: a command that is repeated must not
 * fail because of that.
 *
 * @param works the files of the run
 * @param isComplete whether all data that the run deletes is known; if not, names of existing data are tolerated, too
 * @throws UsageError `nothing_to_lose`
 */
export async function refuseUndeletedNames(
  client: pg.Client,
  { agreed, expected, directory }: Ledger,
  works: readonly Work[],
  isComplete: boolean,
): Promise<void> {
  const deleted = [...expected.values()].flat().map(namesOf);
  const others = agreed.filter((name) => !deleted.flat().includes(name));
  if (others.length === 0) return;
  const existing = await existingNames(client, others);
  // A file may lack: the database may have migrations that this folder does not have.
  const migrations = await readMigrations(directory).catch(() => []);
  const isTypo = typoIn([...textsOf(migrations), ...works.map(({ script }) => script.source.text)]);
  const refused = others.filter((name) => (existing.includes(name) ? isComplete : isTypo(name)));
  if (refused.length === 0) return;
  throw notDeletedError(
    refused,
    deleted.flatMap(([name]) => name ?? []),
  );
}

/**
 * Refuses names that neither the database nor a migration has, for a run that deletes nothing.
 *
 * @throws UsageError `nothing_to_lose`
 */
export async function refuseTypos(
  client: pg.Client,
  agreed: readonly string[],
  migrations: readonly Migration[],
): Promise<void> {
  const typos = agreed.filter(typoIn(textsOf(migrations)));
  if (typos.length === 0) return;
  const existing = await existingNames(client, typos);
  const refused = typos.filter((name) => !existing.includes(name));
  if (refused.length > 0) throw notDeletedError(refused, []);
}

function textsOf(migrations: readonly Migration[]): readonly string[] {
  return migrations.flatMap(({ up, down }) => [up.source.text, down?.source.text ?? '']);
}

/** Makes a function that checks whether a name is in none of some texts. */
function typoIn(texts: readonly string[]): (name: string) => boolean {
  const text = texts.join('\n');
  return (name) => !isKnownName(omitPublic(name), text);
}

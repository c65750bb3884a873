import { maskQuoted, omitPublic } from '../../../catalog/names.js';
import { textOf, textsOf } from '../../../catalog/objects.js';
import type { Facts } from '../../../catalog/snapshot.js';
import type { Code, Prose } from './prose.js';

const ON_DELETE = /\)(?: MATCH FULL)?(?: ON UPDATE [A-Z ]+?)? ON DELETE (CASCADE|SET NULL|SET DEFAULT)/;

/**
 * Says what a key means, from its definition: a primary key, a unique constraint or a foreign key.
 *
 * @returns an empty text for another constraint
 */
export function meaningOfKey(facts: Facts): Prose {
  const columns = textsOf(facts.columns).flatMap((code, index) =>
    index === 0 ? [{ code }] : [' and ', { code }],
  );
  const isOne = textsOf(facts.columns).length === 1;
  switch (facts.kind) {
    case 'primary key':
      return [...columns, isOne ? ' identifies a row.' : ' together identify a row.'];
    case 'unique':
      return ['No two rows have the same ', ...columns, '.'];
    case 'foreign key': {
      const verb = isOne ? ' references' : ' together reference';
      return [...columns, `${verb} a row of `, referencedTable(facts), `. ${onDeleteOf(facts)}`];
    }
    default:
      return [];
  }
}

function referencedTable(facts: Facts): Code {
  const table = textOf(facts.references);
  return { code: omitPublic(table ?? ''), table };
}

function onDeleteOf({ definition }: Facts): string {
  switch (ON_DELETE.exec(maskQuoted(textOf(definition) ?? ''))?.[1]) {
    case 'CASCADE':
      return 'This row is deleted together with that row.';
    case 'SET NULL':
      return 'The reference becomes null when that row is deleted.';
    case 'SET DEFAULT':
      return 'The reference gets its default when that row is deleted.';
    default:
      return 'That row cannot be deleted while this row exists.';
  }
}

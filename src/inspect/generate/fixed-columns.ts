import type { NamedObject } from '../../catalog/objects.js';
import { textOf } from '../../catalog/objects.js';

/** A trigger of the product that rejects each update of some columns, or of all. */
const REJECTS =
  /\bBEFORE UPDATE(?: OF (?<columns>[^()]+?))? ON .*\bEXECUTE FUNCTION voicesurvey_rules\.reject_change\(/s;

/** Lists the columns of a table that no update may change, because a trigger rejects that. */
export function fixedColumnsOf(table: NamedObject): ReadonlySet<string> {
  const fixed = table.members('trigger').flatMap(({ facts }) => {
    const match = REJECTS.exec(textOf(facts.definition) ?? '');
    if (match === null) return [];
    return match.groups?.columns?.split(', ') ?? table.columns.map(({ name }) => name);
  });
  return new Set(fixed);
}

import { type NamedObject, objectsOf, textOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import {
  describeKeyProblem,
  findPrimaryKey,
  findUnindexedForeignKeys,
  isPartition,
  isTimestampWithoutZone,
} from './table-rules.js';

/** A violation of a rule of the schema. */
export interface RuleViolation {
  /** The object, in words: `table calls`. */
  readonly object: string;
  /** The violation, in words. */
  readonly finding: string;
}

type Rule = (table: NamedObject, snapshot: Snapshot) => readonly RuleViolation[];

const RULES: readonly Rule[] = [uuidKey, indexedForeignKeys, enumsForWords, timesWithZones, updatedAtTrigger];

/**
 * Finds the tables of `public`, the schema of the product's entities, that violate a rule of REQ-001. The primary key is
 * a uuid that the server generates. The columns of every foreign key lead an index. A fixed list of words is an enum.
 * Timestamps have a time zone. A trigger sets `updated_at`.
 */
export function findRuleViolations(snapshot: Snapshot): readonly RuleViolation[] {
  return objectsOf(snapshot, 'table')
    .filter((table) => !table.name.includes('.') && !isPartition(table))
    .flatMap((table) => RULES.flatMap((rule) => rule(table, snapshot)));
}

function uuidKey(table: NamedObject, snapshot: Snapshot): ReturnType<Rule> {
  const problem = describeKeyProblem(table, snapshot);
  if (problem !== null) return [{ object: `table ${table.name}`, finding: `it ${problem}` }];
  const keys = textsOf(findPrimaryKey(table)?.facts.columns);
  return table.columns
    .filter(({ name, type, hasDefault }) => keys.includes(name) && type === 'uuid' && !hasDefault)
    .map(({ name }) => ({
      object: `column ${table.name}.${name}`,
      finding: 'the key has no default, so the server does not generate it',
    }));
}

function indexedForeignKeys(table: NamedObject): ReturnType<Rule> {
  return findUnindexedForeignKeys(table).map(({ name, facts }) => ({
    object: `constraint ${name} on ${table.name}`,
    finding: `no index begins with ${textsOf(facts.columns).join(', ')}`,
  }));
}

function enumsForWords(table: NamedObject): ReturnType<Rule> {
  return table.members('constraint').flatMap(({ name, facts }) => {
    const [column, ...others] = textsOf(facts.columns);
    const type = table.columns.find((candidate) => candidate.name === column)?.type ?? '';
    const isText = /^(text|character varying)/.test(type);
    const isList = /= ANY \(+ARRAY\['/.test(String(facts.definition));
    return facts.kind === 'check' && others.length === 0 && isText && isList
      ? [
          {
            object: `constraint ${name} on ${table.name}`,
            finding: `a fixed list of words in a text column; ${column} should be an enum`,
          },
        ]
      : [];
  });
}

function timesWithZones(table: NamedObject, snapshot: Snapshot): ReturnType<Rule> {
  return table.columns
    .filter(({ type }) => isTimestampWithoutZone(type, snapshot))
    .map(({ name }) => ({
      object: `column ${table.name}.${name}`,
      finding: 'a timestamp without a time zone',
    }));
}

function updatedAtTrigger(table: NamedObject, { objects }: Snapshot): ReturnType<Rule> {
  if (!table.columns.some(({ name }) => name === 'updated_at')) return [];
  const isSet = table.members('trigger').some(({ facts }) => {
    const definition = String(facts.definition);
    const called = /EXECUTE FUNCTION ([^(]+\()/.exec(definition)?.[1];
    const body = textOf(objects[`function ${called})`]?.itself?.body) ?? '';
    const isBeforeUpdate = /BEFORE (INSERT OR )?(DELETE OR )?UPDATE ON .* FOR EACH ROW/.test(definition);
    return isBeforeUpdate && /^enabled( always)?$/.test(String(facts.state)) && /\bupdated_at\b/.test(body);
  });
  return isSet
    ? []
    : [
        {
          object: `table ${table.name}`,
          finding: 'no enabled trigger sets updated_at before an update',
        },
      ];
}

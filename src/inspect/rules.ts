import { displayName, splitKey, unquote } from '../catalog/names.js';
import type { Facts, Snapshot } from '../catalog/snapshot.js';

/** A violation of a rule of the schema. */
export interface RuleViolation {
  /** The object, in words: `table calls`. */
  readonly object: string;
  /** The violation, in words. */
  readonly finding: string;
}

type Members = Readonly<Record<string, Facts>>;
type Rule = (table: Members, snapshot: Snapshot) => readonly (readonly [member: string, finding: string])[];

const RULES: readonly Rule[] = [uuidKey, indexedForeignKeys, enumsForWords, timesWithZones, updatedAtTrigger];

/**
 * Finds the tables of `public`, the schema of the product's entities, that violate a rule of REQ-001. The primary key is
 * a uuid that the server generates. The columns of every foreign key lead an index. A fixed list of words is an enum.
 * Timestamps have a time zone. A trigger sets `updated_at`.
 */
export function findRuleViolations(snapshot: Snapshot): readonly RuleViolation[] {
  return Object.entries(snapshot.objects).flatMap(([object, table]) => {
    if (!object.startsWith('table public.') || table.itself?.['partition bound'] !== undefined) return [];
    return RULES.flatMap((rule) => rule(table, snapshot)).map(([member, finding]) => ({
      object: displayName(object, member),
      finding,
    }));
  });
}

function uuidKey(table: Members): ReturnType<Rule> {
  const key = membersOf(table, 'constraint').find(([, { kind }]) => kind === 'primary key');
  if (key === undefined) return [['itself', 'it has no primary key']];
  const columns = namesIn(key[1].columns);
  const column = columnOf(table, columns[0]);
  if (columns.length !== 1 || column?.type !== 'uuid') return [['itself', 'its primary key is not one uuid']];
  return column.default === undefined
    ? [[`column ${columns[0]}`, 'the key has no default, so the server does not generate it']]
    : [];
}

function indexedForeignKeys(table: Members): ReturnType<Rule> {
  const leading = [
    ...membersOf(table, 'index')
      .filter(([, index]) => index.where === undefined && index['is invalid'] === undefined)
      .map(([, { columns }]) => namesIn(columns).map(unquote)),
    ...membersOf(table, 'constraint')
      .filter(([, { kind }]) => kind === 'primary key' || kind === 'unique')
      .map(([, { columns }]) => namesIn(columns)),
  ];
  return membersOf(table, 'constraint').flatMap(([member, { kind, columns }]) => {
    if (kind !== 'foreign key') return [];
    const needed = namesIn(columns);
    const hasIndex = leading.some((index) => {
      const first = index.slice(0, needed.length);
      return needed.every((column) => first.includes(column));
    });
    return hasIndex ? [] : [[member, `no index begins with ${needed.join(', ')}`] as const];
  });
}

function enumsForWords(table: Members): ReturnType<Rule> {
  return membersOf(table, 'constraint').flatMap(([member, { kind, columns, definition }]) => {
    const [column, ...others] = namesIn(columns);
    const isText = /^(text|character varying)/.test(String(columnOf(table, column)?.type));
    const isList = /= ANY \(+ARRAY\['/.test(String(definition));
    return kind === 'check' && others.length === 0 && isText && isList
      ? [[member, `a fixed list of words in a text column; ${column} should be an enum`] as const]
      : [];
  });
}

function timesWithZones(table: Members): ReturnType<Rule> {
  return membersOf(table, 'column').flatMap(([member, { type }]) =>
    /^timestamp(\(\d\))? without time zone/.test(String(type))
      ? [[member, 'a timestamp without a time zone'] as const]
      : [],
  );
}

function updatedAtTrigger(table: Members, { objects }: Snapshot): ReturnType<Rule> {
  if (table['column updated_at'] === undefined) return [];
  const isSet = membersOf(table, 'trigger').some(([, { definition, state }]) => {
    const text = String(definition);
    const called = /EXECUTE FUNCTION ([^(]+\()/.exec(text)?.[1];
    const body = objects[`function ${called})`]?.itself?.body;
    const isBeforeUpdate = /BEFORE (INSERT OR )?(DELETE OR )?UPDATE ON .* FOR EACH ROW/.test(text);
    return isBeforeUpdate && /^enabled( always)?$/.test(String(state)) && /\bupdated_at\b/.test(String(body));
  });
  return isSet ? [] : [['itself', 'no enabled trigger sets updated_at before an update']];
}

function membersOf(table: Members, kind: string): [string, Facts][] {
  return Object.entries(table).filter(([member]) => splitKey(member)[0] === kind);
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Finds a column by its name. The keys of the snapshot have the names as PostgreSQL quotes them. */
function columnOf(table: Members, name: string | undefined): Facts | undefined {
  return membersOf(table, 'column').find(([member]) => unquote(splitKey(member)[1]) === name)?.[1];
}

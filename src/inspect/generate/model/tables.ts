import { maskQuoted, omitPublic } from '../../../catalog/names.js';
import { type Column, type Member, type NamedObject, textOf, textsOf } from '../../../catalog/objects.js';
import { meaningOfKey } from './key-meaning.js';
import { isPersonal, withoutMark } from './personal.js';
import { type Prose, parseProse } from './prose.js';

/** A table or view as the documentation describes it. Names are without the schema `public`. */
export interface TableModel {
  readonly kind: string;
  readonly name: string;
  readonly fullName: string;
  readonly meaning: Prose;
  /** The SQL of the key; undefined for a table without partitions. */
  readonly partitionKey: string | undefined;
  readonly columns: readonly ColumnModel[];
  readonly constraints: readonly MemberModel[];
  /** Those that belong to no constraint. */
  readonly indexes: readonly MemberModel[];
  readonly triggers: readonly TriggerModel[];
}

/** A column. */
export interface ColumnModel {
  readonly name: string;
  /** As the catalog has it, with the schema `public`. */
  readonly fullType: string;
  readonly type: string;
  readonly nullAllowed: boolean;
  readonly default: string | undefined;
  readonly isGenerated: boolean;
  /** Its comment, without the mark of personal data. */
  readonly meaning: Prose;
  readonly isPersonal: boolean;
}

/** A constraint or an index. */
export interface MemberModel {
  readonly name: string;
  /** Its comment, or what its definition says of a key. */
  readonly meaning: Prose;
  readonly definition: string;
  /** That of a constraint, such as `check`; `unique index` or `index`. */
  readonly kind: string;
  /** Of an index, also expressions. */
  readonly columns: readonly string[];
  /** The full name of the table that a foreign key references. */
  readonly references: string | undefined;
}

/** A trigger. */
export interface TriggerModel {
  readonly name: string;
  readonly meaning: Prose;
  /** Such as `before update of state, each row`. */
  readonly fires: string;
}

/** Describes a table or view from its facts. */
export function tableModel(table: NamedObject): TableModel {
  const { kind, name, fullName, facts } = table;
  return {
    kind,
    name,
    fullName,
    meaning: parseProse(textOf(facts.comment)),
    partitionKey: shortSql(facts['partitioned by']),
    columns: table.columns.map(columnModel),
    constraints: table.members('constraint').map(memberModel),
    indexes: table.members('index').map(memberModel),
    triggers: table.members('trigger').map(triggerModel),
  };
}

/** Describes a column. */
export function columnModel(column: Column): ColumnModel {
  const { name, type, nullAllowed, isGenerated, comment } = column;
  return {
    name,
    fullType: type,
    type: omitPublic(type),
    nullAllowed,
    default: shortSql(column.default),
    isGenerated,
    meaning: parseProse(withoutMark(comment)),
    isPersonal: isPersonal(comment),
  };
}

/** Describes a constraint or an index. */
export function memberModel({ name, facts }: Member): MemberModel {
  const comment = textOf(facts.comment);
  return {
    name,
    meaning: comment === undefined ? meaningOfKey(facts) : parseProse(comment),
    definition: shortSql(facts.definition) ?? '',
    kind: textOf(facts.kind) ?? (facts.unique === true ? 'unique index' : 'index'),
    columns: textsOf(facts.columns),
    references: textOf(facts.references),
  };
}

function triggerModel({ name, facts }: Member): TriggerModel {
  return {
    name,
    meaning: parseProse(textOf(facts.comment)),
    fires: firingOf(textOf(facts.definition) ?? ''),
  };
}

function shortSql(fact: unknown): string | undefined {
  const sql = textOf(fact);
  return sql === undefined ? undefined : omitPublic(sql);
}

const FIRING =
  /^CREATE (?:CONSTRAINT )?TRIGGER \S+ (.*?) ON .*?( (?:NOT )?DEFERRABLE.*?)?(?: REFERENCING .*?)? FOR EACH (ROW|STATEMENT) /ds;

/** When a trigger fires. The condition and the arguments of the function are left out, because they can be very long. */
function firingOf(sql: string): string {
  const match = FIRING.exec(maskQuoted(sql));
  const [, , timing = '', level = ''] = match ?? [];
  const events = sql
    .slice(...(match?.indices?.[1] ?? [0, 0]))
    .replaceAll(/"(?:[^"]|"")*"|[^"]+/g, lowerUnlessQuoted);
  const isDeferred = timing.includes('INITIALLY DEFERRED');
  return `${events}, each ${level.toLowerCase()}${isDeferred ? ', at commit' : ''}`;
}

function lowerUnlessQuoted(text: string): string {
  return text.startsWith('"') ? text : text.toLowerCase();
}

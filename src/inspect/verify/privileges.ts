import { displayName, omitPublic, splitKey, unquote } from '../../catalog/names.js';
import type { Facts, Snapshot } from '../../catalog/snapshot.js';
import { isKnownText } from '../../postgres/redaction/words.js';
import { plural } from '../../text/plural.js';
import { executeRightsIn, publicRightsIn } from './grants-in-files.js';
import type { HistoryRights } from './history-rights.js';

/** A right that a role has beyond what the migrations give it, in words. */
export interface PrivilegeFinding {
  readonly object: string;
  readonly finding: string;
}

interface FoundObject {
  readonly key: string;
  readonly kind: string;
  readonly facts: Facts;
}

/**
 * Finds rights with which a role could change the objects of the migrations, or run its code with the rights of another role:
 *
 * - objects of another owner than the history's;
 * - the right to create objects in a schema of the migrations;
 * - the right to create triggers on their tables;
 * - any right of PUBLIC on their tables, if no file grants one: default privileges give it, and then it is no drift;
 * - the right to call a security definer function, if no file grants it; not of a named role, if the function is there to be
 *   called: PUBLIC may use its schema, or a file grants the right to another role;
 * - the right to write the history, also as its owner, if its schema belongs to a role that does not trust that owner.
 *
 * The owner of the history, the roles that it is a member of, and superusers have these rights anyway.
 *
 * @param sql the text of the up files, which name the objects of the migrations
 */
export function findPrivileges(
  snapshot: Snapshot,
  rights: HistoryRights,
  sql: string,
): readonly PrivilegeFinding[] {
  const objects = Object.entries(snapshot.objects)
    .map(([key, members]) => ({ key, kind: splitKey(key)[0], facts: members.itself ?? {} }))
    .filter((object) => isOfMigrations(object, sql));
  const isTrusted = (role: string): boolean => rights.trusted.includes(role);
  return [
    ...findOwners(objects, rights, isTrusted),
    ...findCreators(objects, isTrusted),
    ...findTriggerRights(objects, isTrusted),
    ...findPublicTables(objects, sql),
    ...findExecuteRights(objects, isTrusted, sql),
    ...findOwnerOfHistory(rights),
    ...rights.writers.map(({ role, privileges, object }) => ({
      object,
      finding: `${role} may ${privileges.join(', ')}, and so choose the SQL that the next rollback runs`,
    })),
  ];
}

/** Other packages may have objects in `public`, too. */
function isOfMigrations({ key, kind }: FoundObject, sql: string): boolean {
  if (kind === 'extension') return false;
  const name = splitKey(key)[1];
  if (kind === 'schema' || !name.startsWith('public.')) return true;
  return isKnownText(unquote(omitPublic(name).replace(/\(.*\)$/, '')), sql);
}

function findOwners(
  objects: readonly FoundObject[],
  { owner }: HistoryRights,
  isTrusted: (role: string) => boolean,
): readonly PrivilegeFinding[] {
  const foreign = objects.filter(
    ({ key, facts }) => key !== 'schema public' && typeof facts.owner === 'string' && !isTrusted(facts.owner),
  );
  return [...groupBy(foreign, ({ facts }) => String(facts.owner))].map(([role, own]) => ({
    object: `role ${role}`,
    finding: `owns ${describe(own)}, while the history belongs to ${owner}`,
  }));
}

function findOwnerOfHistory({ owner, ownerOfSchema, table }: HistoryRights): readonly PrivilegeFinding[] {
  if (ownerOfSchema === null) return [];
  const finding = `belongs to ${owner}, while its schema belongs to ${ownerOfSchema}; ${owner} chooses the SQL that the next rollback runs`;
  return [{ object: `table ${table}`, finding }];
}

function findCreators(
  objects: readonly FoundObject[],
  isTrusted: (role: string) => boolean,
): readonly PrivilegeFinding[] {
  return objects
    .filter(({ kind }) => kind === 'schema')
    .flatMap((schema) =>
      rolesWith(schema, 'create', isTrusted).map((role) => ({
        object: displayName(schema.key, 'itself'),
        finding: `${role} may create objects in it, which the next migrations may find instead of their own`,
      })),
    );
}

function findTriggerRights(
  objects: readonly FoundObject[],
  isTrusted: (role: string) => boolean,
): readonly PrivilegeFinding[] {
  const pairs = objects
    .filter(({ kind }) => kind === 'table' || kind === 'view')
    .flatMap((table) => rolesWith(table, 'trigger', isTrusted).map((role) => ({ ...table, role })));
  return [...groupBy(pairs, ({ role }) => role)].map(([role, tables]) => ({
    object: `privileges of ${role}`,
    finding: `may create triggers on ${describe(tables)}, which run its code with the rights of each writer`,
  }));
}

function findPublicTables(objects: readonly FoundObject[], sql: string): readonly PrivilegeFinding[] {
  const isGranted = publicRightsIn(sql);
  const isUngranted = ({ key }: FoundObject, right: string): boolean =>
    right !== 'trigger' && !isGranted(unquote(schemaOf(key)), nameOf(key), right);
  const pairs = objects
    .filter(({ kind }) => kind === 'table' || kind === 'view')
    .map((table) => ({
      ...table,
      rights: rightsOf(table, 'public').filter((right) => isUngranted(table, right)),
    }))
    .filter(({ rights }) => rights.length > 0);
  return [...groupBy(pairs, ({ rights }) => rights.join(', '))].map(([rights, tables]) => ({
    object: 'privileges of public',
    finding: `may ${rights} on ${describe(tables)}, as every role that may connect; no migration grants that`,
  }));
}

/** The name of an object without its schema and its quotes. */
function nameOf(key: string): string {
  return unquote(splitKey(key)[1].slice(schemaOf(key).length + 1));
}

function findExecuteRights(
  objects: readonly FoundObject[],
  isTrusted: (role: string) => boolean,
  sql: string,
): readonly PrivilegeFinding[] {
  const isGranted = executeRightsIn(sql);
  const isToBeCalled = (key: string): boolean =>
    isGranted(splitKey(key)[1]) ||
    objects.some(
      (object) =>
        object.key === `schema ${schemaOf(key)}` &&
        rolesWith(object, 'usage', () => false).includes('public'),
    );
  const pairs = objects
    .filter(({ facts }) => facts['security definer'] === true)
    .flatMap((definer) =>
      rolesWith(definer, 'execute', isTrusted)
        .filter((role) => !isGranted(splitKey(definer.key)[1], role))
        .filter((role) => role === 'public' || !isToBeCalled(definer.key))
        .map((role) => ({ ...definer, role })),
    );
  return [...groupBy(pairs, ({ role }) => role)].map(([role, functions]) => ({
    object: `privileges of ${role}`,
    finding: `may call ${describe(functions)}, which runs with the rights of its owner; no migration grants that`,
  }));
}

/** The schema of an object, quoted as in its key. */
function schemaOf(key: string): string {
  return /^(?:"(?:[^"]|"")*"|[^.]+)/.exec(splitKey(key)[1])?.[0] ?? '';
}

/** The roles that have a privilege, without the owner and the trusted roles. */
function rolesWith(
  { facts }: Pick<FoundObject, 'facts'>,
  privilege: string,
  isTrusted: (role: string) => boolean,
): readonly string[] {
  return Object.keys(privilegesIn(facts)).filter(
    (role) => role !== facts.owner && !isTrusted(role) && rightsOf({ facts }, role).includes(privilege),
  );
}

/** What a role may do with an object, without the options. */
function rightsOf({ facts }: Pick<FoundObject, 'facts'>, role: string): readonly string[] {
  return (privilegesIn(facts)[role] ?? []).map((right) => right.split(' ')[0] ?? '');
}

function privilegesIn({ privileges = {} }: Facts): Readonly<Record<string, readonly string[]>> {
  return privileges as Readonly<Record<string, readonly string[]>>;
}

function describe(objects: readonly FoundObject[]): string {
  const [first] = objects;
  const name = first === undefined ? '' : displayName(first.key, 'itself');
  return objects.length === 1 ? name : `${plural(objects.length, 'object')}, such as ${name}`;
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

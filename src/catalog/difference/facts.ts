import { maskSecrets } from '../../text/mask-secrets.js';
import type { Fact } from '../snapshot/format.js';
import { excerpts } from './excerpts.js';

type MaybeFact = Fact | undefined;

/**
 * Describes the difference of a fact in words.
 *
 * @param fact its name: `null allowed`
 * @param here its value in the actual catalog; undefined if it has none
 * @param there its value in the expected catalog
 * @param label the name of the expected catalog: `V0003`
 * @returns sentences without a subject; an empty list for an order of columns that differs only by added or dropped columns
 */
export function describeFact(fact: string, here: MaybeFact, there: MaybeFact, label: string): string[] {
  if (fact === 'column order') return describeOrder('columns', listOf(here), listOf(there), label);
  if (fact === 'labels') return describeLabels(listOf(here), listOf(there), label);
  if (fact === 'privileges') return describePrivileges(recordOf(here), recordOf(there), label);
  if (fact === 'arguments')
    return describeFact('argument list', argumentsIn(here), argumentsIn(there), label);
  if (isRecord(here ?? there)) return describeRecord(fact, recordOf(here), recordOf(there), label);
  if (isFlag(here) && isFlag(there)) return [describeSide(fact, here === true, label)];
  if (Array.isArray(here ?? there) && [...listOf(here), ...listOf(there)].every(isText)) {
    return describeList(fact, listOf(here), listOf(there), label);
  }
  if (isSameExceptWhiteSpace(here, there)) return [`${fact} differs from ${label} only in white space`];
  const [bodyHere, bodyThere] = [here, there].map((value) => shownText(fact, value));
  if (bodyHere !== undefined && bodyHere === bodyThere)
    return [`${fact} with another secret here than in ${label}`];
  const [mine, theirs] = excerpts(bodyHere, bodyThere, fact === 'comment' ? '"' : '');
  if (here === undefined) return [`no ${fact} here, ${theirs} in ${label}`];
  return [`${fact} ${mine} here, ${theirs} in ${label}`];
}

function describeOrder(
  what: string,
  here: readonly string[],
  there: readonly string[],
  label: string,
): string[] {
  const mine = here.filter((name) => there.includes(name));
  const theirs = there.filter((name) => here.includes(name));
  if (mine.join() === theirs.join()) return [];
  return [`${what} in another order: ${mine.join(', ')} here, ${theirs.join(', ')} in ${label}`];
}

function describeLabels(here: readonly string[], there: readonly string[], label: string): string[] {
  const hasSame = here.length === there.length && here.every((name) => there.includes(name));
  const changes = hasSame ? [] : describeList('labels', here, there, label);
  return [...changes, ...describeOrder('labels', here, there, label)];
}

function describeList(
  fact: string,
  here: readonly string[],
  there: readonly string[],
  label: string,
): string[] {
  const one = fact.replace(/s$/, '');
  const changes = [...new Set([...here, ...there])]
    .filter((item) => here.includes(item) !== there.includes(item))
    .map((item) => describeSide(`${one} ${shownItem(fact, item)}`, here.includes(item), label));
  return changes.length > 0 ? changes : describeOrder(fact, here, there, label);
}

/** The differences between two objects of JSON, such as the properties of an aggregate, one by one. */
function describeRecord(
  fact: string,
  here: Readonly<Record<string, unknown>>,
  there: Readonly<Record<string, unknown>>,
  label: string,
): string[] {
  const keys = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort();
  return keys.flatMap((key) => {
    const [mine, theirs] = [here[key] as MaybeFact, there[key] as MaybeFact];
    if (JSON.stringify(mine) === JSON.stringify(theirs)) return [];
    if (fact !== 'default privileges') return describeFact(`${fact} ${key}`, mine, theirs, label);
    return describePrivileges(recordOf(mine), recordOf(theirs), label).map(
      (text) => `${fact} (${key}): ${text}`,
    );
  });
}

/** The arguments of a function as SQL writes them. */
function argumentsIn(value: MaybeFact): string | undefined {
  if (!Array.isArray(value)) return undefined;
  return value
    .map(({ mode, name, type, default: expression }) =>
      [mode === 'in' ? undefined : mode, name, type, expression && `default ${expression}`]
        .filter(Boolean)
        .join(' '),
    )
    .join(', ');
}

function describePrivileges(
  here: Readonly<Record<string, unknown>>,
  there: Readonly<Record<string, unknown>>,
  label: string,
): string[] {
  return [...new Set([...Object.keys(here), ...Object.keys(there)])].sort().flatMap((role) => {
    const mine = listOf(here[role]);
    const theirs = listOf(there[role]);
    const more = mine.filter((privilege) => !theirs.includes(privilege));
    const fewer = theirs.filter((privilege) => !mine.includes(privilege));
    return [
      ...(more.length > 0 ? [describeSide(`${role} may ${verbs(more)}`, true, label)] : []),
      ...(fewer.length > 0 ? [describeSide(`${role} may ${verbs(fewer)}`, false, label)] : []),
    ];
  });
}

function verbs(privileges: readonly string[]): string {
  return privileges.join(', ').replaceAll(/\busage\b/g, 'use');
}

function describeSide(what: string, isHere: boolean, label: string): string {
  return isHere ? `${what} here, not in ${label}` : `${what} in ${label}, not here`;
}

function isSameExceptWhiteSpace(here: MaybeFact, there: MaybeFact): boolean {
  const [one, other] = [here, there].map((value) => textOf(value)?.replaceAll(/\s+/g, ' ').trim());
  return one !== undefined && one === other;
}

function isFlag(value: MaybeFact): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: MaybeFact): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: MaybeFact): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A text without the secrets that the body of a function may have. */
function shownText(fact: string, value: MaybeFact): string | undefined {
  const text = textOf(value);
  return text === undefined || fact !== 'body' ? text : maskSecrets(text).text;
}

/** An item of a list. A custom setting of a function, such as `app.key=…`, may be a secret. */
function shownItem(fact: string, item: string): string {
  return fact === 'settings' ? item.replace(/^([^=]*\.[^=]*=).*$/s, "$1'***'") : item;
}

function textOf(value: MaybeFact): string | undefined {
  return value === undefined || isText(value) ? value : JSON.stringify(value);
}

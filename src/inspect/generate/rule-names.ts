import { objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';

/** A statement that raises the error of a rule gives its name as the constraint. */
const RAISES_A_RULE = /\bconstraint\s*=/i;
const RAISED = /\bconstraint\s*=\s*'\w+'/gi;
/** The names of rules are sentences of three words or more. Types and tables have fewer, or are in other places. */
const NAME = /'([a-z][a-z0-9]*(?:_[a-z0-9]+){2,})'/g;

/**
 * Lists the names that `error.constraint` may have, sorted: those of constraints and unique indexes, those that functions
 * raise, and the first arguments of triggers.
 */
export function ruleNamesIn(snapshot: Snapshot): readonly string[] {
  const tables = objectsOf(snapshot, 'table');
  const others = new Set(tables.map(({ name }) => name.replace(/^.*\./, '')));
  const declared = tables.flatMap((table) => [
    ...table.members('constraint').map(({ name }) => name),
    ...table.members('index').flatMap(({ name, facts }) => (facts.unique === true ? [name] : [])),
  ]);
  const texts = [
    ...objectsOf(snapshot, 'function').flatMap(({ facts }) => {
      const body = textOf(facts.body) ?? '';
      if (!RAISES_A_RULE.test(body)) return [];
      // A trigger function chooses among names. Another function may have more texts of this form, such as its results.
      return facts.result === 'trigger'
        ? [body.replaceAll(/errcode = '\w+'/g, '')]
        : (body.match(RAISED) ?? []);
    }),
    ...tables.flatMap((table) =>
      table
        .members('trigger')
        .map(({ facts }) => /EXECUTE FUNCTION \S+\(('\w+')/.exec(textOf(facts.definition) ?? '')?.[1] ?? ''),
    ),
  ];
  const raised = texts.flatMap((text) => [...text.matchAll(NAME)].map(([, name = '']) => name));
  return [...new Set([...declared, ...raised])].filter((name) => !others.has(name)).sort();
}

import { splitFullName } from '../../catalog/names.js';
import { objectsOf, textsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { ruleNamesIn } from './rule-names.js';
import { docstring, literal } from './typescript-text.js';

const HEAD = `/**
 * The labels of the enums and the names of the rules, for forms and validation. Generated from the migrations by
 * \`npm run generate\`; do not edit it.
 * @module
 */
`;

/** Generates an array for each enum in `public`, such as `CONTACT_STATES`, and one of the names of all rules. */
export function generateConstants(snapshot: Snapshot): string {
  const enums = objectsOf(snapshot, 'enum').filter(
    ({ fullName }) => splitFullName(fullName).schema === 'public',
  );
  return [
    HEAD,
    ...enums.map((type) =>
      array(
        plural(type.name).toUpperCase(),
        textsOf(type.facts.labels),
        `The labels of \`${type.name}\`, in their order.`,
      ),
    ),
    array(
      'RULE_NAMES',
      ruleNamesIn(snapshot),
      'The names that `error.constraint` of a refused statement may have.',
    ),
  ].join('\n');
}

function array(name: string, labels: readonly string[], comment: string): string {
  return `${docstring(comment)}export const ${name} = [${labels.map(literal).join(', ')}] as const;\n`;
}

function plural(name: string): string {
  return name.endsWith('s') ? `${name}es` : `${name}s`;
}

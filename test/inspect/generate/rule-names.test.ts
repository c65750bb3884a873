import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { generateTypes } from '../../../src/inspect/generate/row-types.js';
import { readCatalog } from '../../../src/inspect/generate.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { test } from '../../support/database.js';

async function typesOf({ url }: { readonly url: string }): Promise<string> {
  return generateTypes(await readCatalog({ url, directory: migrationsDirectory }));
}

const ruleNamesIn = (types: string): ReadonlySet<string> => {
  const [, union = ''] = /export type RuleName =([^;]*);/.exec(types) ?? [];
  return new Set([...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name));
};

test('RuleName has every name that docs/rules.md and docs/api.md explain as the constraint of an error', async ({
  migrated,
}) => {
  const names = ruleNamesIn(await typesOf(migrated));
  const [rules, api] = await Promise.all(
    ['rules', 'api'].map((name) => readFile(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8')),
  );
  const errors = api?.slice(api.indexOf('\n## Errors\n')) ?? '';
  // The page also explains triggers that raise nothing: their rows say what to do with nothing.
  const explained = [...`${rules}${errors}`.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| .* \| \S.* \|$/gm)].flatMap(
    ([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
  expect(explained.length).toBeGreaterThan(150);
  // A trigger that shares the row of the name that it raises.
  expect(explained.filter((name) => !names.has(name))).toEqual(['templates_of_a_campaign_still_fit']);
  expect(names.has('invalid_parameter_value')).toBe(false);
});

test('RuleName is never for a database without a constraint', async ({ database }) => {
  await database.client.query('create table one (id integer)');
  expect(await typesOf(database)).toContain('export type RuleName = never;');
});

test('an update type leaves out the columns that a trigger keeps, and a table of the API has a row type only', async ({
  migrated,
}) => {
  const types = await typesOf(migrated);
  const update = /export interface ContactsUpdate \{[^}]*\}/.exec(types)?.[0] ?? '';
  expect(update).toContain('readonly do_not_call?:');
  for (const column of ['id', 'campaign_id', 'created_at'])
    expect(update).not.toContain(`readonly ${column}?:`);
  expect(types).not.toContain('SurveyResponsesUpdate');
  expect(types).toContain('VoicesurveyAuditLogRow');
  expect(types).not.toContain('VoicesurveyAuditLogInsert');
});

test('RowsByTable maps the names of tables and views, as SQL writes them, to their rows', async ({
  migrated,
}) => {
  const types = await typesOf(migrated);
  expect(types).toContain('  readonly contacts: ContactsRow;\n');
  expect(types).toContain('  readonly "voicesurvey.health": VoicesurveyHealthRow;\n');
});

test('a table that would have the name of a general type has an exact name', async ({ database }) => {
  await database.client.query("create type rule_name as enum ('a')");
  expect(await typesOf(database)).toContain("export type RuleName$Enum = 'a';");
});

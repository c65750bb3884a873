import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { test } from '../support/database.js';
import {
  callsOfDocuments,
  campaignOfDocuments,
  draftOfDocuments,
  sqlOfDocument,
} from '../support/documents.js';

const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');

const sections = page
  .split(/^## /m)
  .slice(1)
  .filter((section) => section.includes('```sql'));

test.for(
  sections.map((section) => [section.split('\n')[0] ?? '', section] as const),
)('the SQL of the section "%s" of docs/api.md runs as written', async ([, section], {
  migrated: { client },
}) => {
  await client.query(campaignOfDocuments);
  if (section.includes(':draft')) await client.query(draftOfDocuments);
  if (/:(another_)?call\b/.test(section)) await client.query(callsOfDocuments);
  for (const sql of sqlOfDocument(section)) await client.query(sql);
});

test('docs/api.md names every function and view of the schema voicesurvey', async ({
  migrated: { rows },
}) => {
  const names = await rows<{ name: string }>(
    `select distinct proname as name from pg_proc where pronamespace = 'voicesurvey'::regnamespace
     union
     select relname from pg_class where relnamespace = 'voicesurvey'::regnamespace and relkind = 'v'`,
  );
  expect(names.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test('docs/api.md explains every error of the functions, and names no other', async ({
  migrated: { rows },
}) => {
  const functions = await rows<{ text: string }>(
    `select prosrc as text from pg_proc
     where pronamespace in ('voicesurvey'::regnamespace, 'voicesurvey_rules'::regnamespace)`,
  );
  const raised = functions.flatMap(({ text }) =>
    [
      ...text.matchAll(
        /errcode = 'invalid_parameter_value',\s*schema = 'voicesurvey',\s*constraint = '(\w+)'/g,
      ),
    ].map(([, name]) => name),
  );
  const errors = page.slice(page.indexOf('\n## Errors\n'));
  const explained = [...errors.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect([...new Set(raised)].sort()).toEqual([...explained].sort());
});

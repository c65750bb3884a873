import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { test } from '../support/database.js';

/** The names of all constraints but keys, of all unique indexes and of all triggers of the product's tables. */
const NAMES_IN_CATALOG = `
select conname as name
from pg_constraint
where connamespace = 'public'::regnamespace
  and contype in ('c', 'u', 'x')
union
select relname
from pg_index
join pg_class on pg_class.oid = indexrelid
where relnamespace = 'public'::regnamespace
  and indisunique
  and not indisprimary
union
select tgname
from pg_trigger
join pg_class on pg_class.oid = tgrelid
where relnamespace = 'public'::regnamespace
  and not tgisinternal`;

/** The functions that raise violations, and the arguments of triggers, which begin with a rule's name. */
const TEXTS_WITH_NAMES = `
select prosrc as text
from pg_proc
where pronamespace = 'voicesurvey_rules'::regnamespace
union all
select encode(tgargs, 'escape')
from pg_trigger
where tgnargs > 0`;

test('docs/rules.md explains every constraint and trigger, and every name that a function raises', async ({
  migrated,
}) => {
  const page = await readFile(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const explained = new Set(
    rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  );
  const inCatalog = (await migrated.rows<{ name: string }>(NAMES_IN_CATALOG)).map(({ name }) => name);
  const texts = (await migrated.rows<{ text: string }>(TEXTS_WITH_NAMES)).map(({ text }) => text).join('\n');
  const isRaised = (name: string): boolean => new RegExp(`(?:'|^)${name}(?:'|\\\\000)`, 'm').test(texts);

  expect(inCatalog.filter((name) => !explained.has(name)).sort()).toEqual([]);
  const inApi = await migrated.rows<{ name: string }>(
    NAMES_IN_CATALOG.replaceAll("'public'", "'voicesurvey'").replace('  and not indisprimary\n', ''),
  );
  const known = new Set([...inCatalog, ...inApi.map(({ name }) => name)]);
  expect([...explained].filter((name = '') => !known.has(name) && !isRaised(name)).sort()).toEqual([]);
  // A name that a function raises looks like a name of the tables: words of its own text do not.
  const raised = [
    ...texts.matchAll(
      /^\s+(?:schema = 'public',\s+table = \S+,\s+constraint = )?'([a-z][a-z0-9]*(?:_[a-z0-9]+){2,})',?$/gm,
    ),
  ].map(([, name]) => name);
  expect(
    raised.filter((name) => name !== undefined && !explained.has(name) && !TABLES.has(name)).sort(),
  ).toEqual([]);
});

const TABLES = new Set(['exclusion_list_entries']);

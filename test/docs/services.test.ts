import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { test } from '../support/database.js';
import { callsOfDocuments, campaignOfDocuments, sqlOfDocument } from '../support/documents.js';
import { blocksOf } from '../support/page.js';

const page = await readFile(new URL('../../docs/services.md', import.meta.url), 'utf8');
const sections = page
  .split(/^## /m)
  .slice(1)
  .filter((section) => section.includes('```sql'));

const PARTICIPANT = /^ {2}participant (\w+)$/;
const MESSAGE = /^ {2}(\w+)(?:->>|-->>)(\w+): [^;#%]+$/;

describe('docs/services.md', () => {
  test.for(
    sections.map((section) => [section.split('\n')[0] ?? '', section] as const),
  )('has SQL in the section "%s" that runs as written', async ([, section], { migrated }) => {
    const { client, name } = migrated;
    await client.query(campaignOfDocuments);
    if (/:(another_)?call\b/.test(section)) await client.query(callsOfDocuments);
    if (!section.includes('add_consumer')) await client.query("select voicesurvey.add_consumer('crm')");
    if (section.includes('start_campaign')) {
      // The campaign of the section is a draft.
      await client.query(`set session_replication_role = replica; update campaigns set status = 'draft';
        reset session_replication_role`);
    }
    for (const sql of sqlOfDocument(section.replaceAll(/^ {3}/gm, '')))
      await client.query(sql.replace('database voicesurvey', `database "${name}"`));
    if (section.includes('start_campaign'))
      expect(await migrated.value('select array_agg(status order by created_at)::text from campaigns')).toBe(
        '{running,draft}',
      );
    if (section.startsWith('One call'))
      expect(await migrated.value("select state from contacts where phone_number = '+4920000001'")).toBe(
        'completed',
      );
  });

  test('names only functions and views that the schema voicesurvey has', async ({ migrated: { value } }) => {
    const named = [...page.matchAll(/voicesurvey\.(\w+)\(|`(\w+_\w+)`(?=[^|]*\|$|, `)/gm)].map(
      ([, called, listed]) => called ?? listed,
    );
    const roles = /^voicesurvey_|^(answers|confidences)$/;
    const unknown = await value(
      `select array_agg(name) from unnest($1::text[]) as name
       where not exists (select from pg_proc where proname = name and pronamespace = 'voicesurvey'::regnamespace)
         and to_regclass('voicesurvey.' || name) is null`,
      [named.filter((name = '') => !roles.test(name))],
    );
    expect(unknown).toBeNull();
  });

  test('gives each service only functions and views that its role in docs/api.md has', async () => {
    const api = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const namesIn = (text = ''): string[] => [...text.matchAll(/`([a-z]\w+)`/g)].map(([, name = '']) => name);
    const granted = new Map(
      [...api.matchAll(/^\| `(voicesurvey_\w+)` \| (.*) \|$/gm)].map(([, role, list]) => [
        role,
        namesIn(list),
      ]),
    );
    const services = [...page.matchAll(/^\| [^|]+ \| `(voicesurvey_\w+)` \| (.*) \|$/gm)];
    expect(services.length).toBeGreaterThan(5);
    for (const [, role, list] of services)
      expect(granted.get(role)).toEqual(expect.arrayContaining(namesIn(list)));
  });

  test('draws one call in the grammar of Mermaid, with messages between its participants only', () => {
    const [head, ...lines] = (blocksOf('services.md', 'One call')[0]?.code ?? '').trimEnd().split('\n');
    expect(head).toBe('sequenceDiagram');
    expect(lines.filter((line) => !PARTICIPANT.test(line) && !MESSAGE.test(line))).toEqual([]);
    const participants = lines.flatMap((line) => PARTICIPANT.exec(line)?.[1] ?? []);
    const speakers = lines.flatMap((line) => MESSAGE.exec(line)?.slice(1, 3) ?? []);
    expect([...new Set(speakers)].sort()).toEqual([...participants].sort());
  });
});

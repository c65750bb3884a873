// @ts-check
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The sections of docs/services-by-hand.md whose first SQL makes a completed call, in this order. */
const SECTIONS = ['Claim a call', 'During the call', 'End a call', 'Send the e-mail'];

/**
 * Reads the statements of a completed call from docs/services-by-hand.md.
 *
 * @param {string} clone
 * @param {readonly string[]} campaignIds
 * @returns {Promise<(query: import('./rate.js').Query) => Promise<number>>} carries one call of one of the campaigns,
 *   which take turns, from its claim to its sent e-mail, and returns 1
 */
export async function callsByHand(clone, campaignIds) {
  const page = await readFile(join(clone, 'docs/services-by-hand.md'), 'utf8');
  const statements = SECTIONS.flatMap((heading) => statementsOf(page, heading));
  let turn = 0;
  return async (query) => {
    /** @type {Record<string, string | undefined>} */
    const values = {
      campaign: campaignIds[turn++ % campaignIds.length],
      attempt: randomUUID(),
      event: randomUUID(),
      email: randomUUID(),
      provider_call: randomUUID(),
    };
    for (const { text, names } of statements) {
      const rows = await query(
        text,
        names.map((name) => values[name]),
      );
      if (text.includes('skip locked')) values.contact = rows[0].id;
    }
    return 1;
  };
}

/**
 * @param {string} page
 * @param {string} heading
 * @returns {{ text: string, names: string[] }[]} the statements, and the names of their parameters in order
 */
function statementsOf(page, heading) {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`));
  const sql = /```sql\n(.*?)```/s.exec(section)?.[1] ?? '';
  return sql
    .split(/;\n/)
    .filter((statement) => statement.trim() !== '')
    .map((statement) => {
      /** @type {string[]} */
      const names = [];
      // A provider's id is used once.
      const text = statement.replace("'CA-1'", ':provider_call').replace(/(?<!:):([a-z_]+)/g, (_, name) => {
        names.push(name);
        return `$${names.length}`;
      });
      return { text, names };
    });
}

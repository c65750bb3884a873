import { describe, expect, inject } from 'vitest';
import { verify } from '../../src/inspect/verify.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import { aCall, aCampaign } from '../../src/testing.js';
import { test as base, type TestDatabase, withDatabase } from '../support/database.js';
import { blocksOf } from '../support/page.js';

/** A migrated database for all tests of the file. */
const test = base.extend<{ shared: TestDatabase }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern
    async ({}, use) => withDatabase(`${inject('runName')}_schema`, use),
    { scope: 'file' },
  ],
});

test.for([
  [aCampaign(), 'draft', []],
  [aCampaign().scheduled(), 'scheduled', []],
  [aCampaign().with(2).running(), 'running', ['pending', 'pending']],
  [aCampaign().paused(), 'paused', ['pending']],
  [aCampaign().with(1).with(1, { do_not_call: true }).completed(), 'completed', ['pending', 'excluded']],
  [aCampaign().cancelled().having({ language: 'it' }), 'cancelled', []],
] as const)('aCampaign makes a campaign in the status that it names (%#)', async ([builder, status, states], {
  shared,
}) => {
  const campaign = await builder.in(shared.client);
  expect([campaign.status, campaign.contacts.map(({ state }) => state)]).toEqual([status, states]);
});

test.for([
  [aCall(), null, 'in_progress'],
  [aCall().answered(), null, 'in_progress'],
  [aCall().completed(), 'completed', 'completed'],
  [aCall().refused(), 'refused', 'refused'],
  [aCall().noAnswer(), 'no_answer', 'pending'],
  [aCall().busy(), 'busy', 'pending'],
  [aCall().failed().ago('2 days'), 'failed', 'pending'],
] as const)('aCall makes a call with the outcome that it names (%#)', async ([builder, outcome, state], {
  shared,
}) => {
  const call = await builder.in(shared.client);
  expect([call.outcome, call.contact.state]).toEqual([outcome, state]);
});

test('the rows of the builders break no rule', async ({ shared: { url } }) => {
  const { findings } = await verify({ url, directory: migrationsDirectory, data: true });
  expect(findings).toEqual([]);
});

test('an earlier call makes the retry due, and the last one ends the attempts', async ({
  migrated: { client, rows },
}) => {
  const { contacts, id } = await aCampaign().having({ max_attempts: 2 }).running().with(1).in(client);
  await aCall().to(contacts[0]).noAnswer().ago('30 minutes').in(client);
  expect(await rows('select from voicesurvey.claim_calls(10, $1)', [id])).toHaveLength(0);
  const earlier = await aCampaign().having({ max_attempts: 2 }).running().in(client);
  await aCall().to(earlier.contacts[0]).noAnswer().ago('2 hours').in(client);
  expect(await rows('select from voicesurvey.claim_calls(10, $1)', [earlier.id])).toHaveLength(1);
  const last = await aCampaign().having({ max_attempts: 1 }).running().in(client);
  const { contact } = await aCall().to(last.contacts[0]).busy().in(client);
  expect(contact.state).toBe('not_reached');
});

describe('docs/testing.md', () => {
  const heading = 'Retries and calling hours without waiting';
  const blocks = blocksOf('testing.md', heading).map(({ code }) => code);

  test('closes a campaign now', async ({ migrated: { client } }) => {
    const { id } = await aCampaign().running().with(3).in(client);
    expect((await client.query('select voicesurvey.may_call_now($1) as may', [id])).rows).toEqual([
      { may: true },
    ]);
    const results: unknown = await client.query((blocks[0] ?? '').replaceAll(':campaign', `'${id}'`));
    expect((results as { rowCount: number }[]).at(-1)?.rowCount).toBe(0);
    expect(
      (await client.query('select status, voicesurvey.may_call_now(id) as may from campaigns')).rows,
    ).toEqual([{ status: 'running', may: false }]);
  });

  test('lets leases and the hour after close_stale_call end, and purges a transcript past its retention', async ({
    migrated: { client, rows },
  }) => {
    await client.query("select voicesurvey.add_consumer('crm')");
    const call = await aCall().completed().in(client);
    const claim = "select from voicesurvey.claim_events('crm', 10, '1 hour')";
    expect([(await rows(claim)).length, (await rows(claim)).length]).toEqual([1, 0]);
    await client.query(blocks[1] ?? '');
    expect(await rows(claim)).toHaveLength(1);
    const { contacts } = await aCampaign().having({ max_attempts: 1 }).running().in(client);
    const stale = await aCall().to(contacts[0]).ago('1 hour').in(client);
    const close = 'select verdict from voicesurvey.close_stale_call($1)';
    const find = "select from voicesurvey.stale_calls('30 minutes')";
    await rows(close, [stale.call_id]);
    expect(await rows(find)).toHaveLength(0);
    await client.query(blocks[2] ?? '');
    expect(await rows(find)).toHaveLength(1);
    expect(await rows(close, [stale.call_id])).toEqual([{ verdict: 'published' }]);
    const results: unknown = await client.query((blocks[3] ?? '').replace(':answered_call', `'${call.id}'`));
    expect((results as { rows: object[] }[]).at(-1)?.rows).toMatchObject([{ transcripts_deleted: '1' }]);
  });
});

// @ts-check

/**
 * What is counted: a query, and how many buffers it may read at most.
 *
 * @typedef {{ name: string, sql: string, atMost?: number }} Figure
 */

const campaign = (/** @type {number} */ number) =>
  `'00000000-0000-4000-8000-${String(number).padStart(12, '0')}'`;

/** The search of a claim, with the locks and without the writes. */
const search = (/** @type {number} */ number) => `
  select contact.*
  from campaigns
  cross join lateral voicesurvey_rules.lock_contacts_to_call(
    campaigns.id, max_attempts, now() - make_interval(mins => retry_interval_minutes), now(), '{}', 10
  ) as contact
  where campaigns.id = ${campaign(number)}`;

/** @type {readonly Figure[]} */
export const FIGURES = [
  { name: 'claim 10 of one campaign, search and lock', sql: search(1), atMost: 350 },
  {
    name: 'claim 10 of one campaign, with the writes and the rules',
    sql: `select * from voicesurvey.claim_calls(10, ${campaign(1)})`,
  },
  {
    name: 'claim when nothing is due',
    sql: `select * from voicesurvey.claim_calls(10, ${campaign(2)})`,
    atMost: 50,
  },
  {
    name: 'claim over all campaigns with the cap, search and lock',
    sql: `select contact.*
      from campaigns
      cross join lateral voicesurvey_rules.lock_contacts_to_call(
        campaigns.id, max_attempts, now() - make_interval(mins => retry_interval_minutes), now(), '{}', 4
      ) as contact
      where status = 'running'
      limit 50`,
    atMost: 1800,
  },
  {
    name: 'claim 50 over all campaigns, with the writes and the rules',
    sql: 'select * from voicesurvey.claim_calls(50)',
  },
  {
    name: 'count of open calls',
    sql: 'select count(*) from call_attempts where ended_at is null',
    atMost: 4,
  },
  { name: 'free call slots', sql: 'select voicesurvey.free_call_slots()' },
];

import type pg from '../postgres/driver/pg.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { RefusedError } from '../postgres/errors/explained-error.js';
import { option, remedy } from '../text/remedy.js';

/** What makes the synthetic rows: the same values make the same rows. */
export interface SyntheticRun {
  readonly seed: number;
  readonly contacts: number;
  /** The end of the history, in whole seconds. */
  readonly until: Date;
}

/** A run, how many campaigns it has, and which of them the database lacks. */
export interface PlannedRun extends SyntheticRun {
  readonly campaigns: number;
  /** The places of the missing campaigns, from 0. */
  readonly missing: readonly number[];
  /** Whether what follows the last campaign was added: the consumer of events. */
  readonly isFinished: boolean;
}

/** The wish of a caller: without `until`, the end of an earlier run counts, or else the current minute. */
export interface WantedRun extends Omit<SyntheticRun, 'until'> {
  readonly until: Date | undefined;
  /** Whether rows of others may be in the database. */
  readonly add: boolean;
}

/** The fewest campaigns that have every status, and the most contacts that a campaign has. */
const CAMPAIGN_KINDS = 12;
const MOST_CONTACTS = 10_000;

/** `campaign.sql` writes this description. */
const DESCRIPTION = /^Synthetic data, seed (\d+), (\d+) contacts, until (\S+): campaign (\d+) of \d+\.$/;

const SYNTHETIC = `select description
from public.campaigns
where description like 'Synthetic data, seed %'`;

/** `finish.sql` adds this consumer. */
const IS_FINISHED = `select exists (select from voicesurvey.consumers where name = 'synthetic-crm') as finished`;

/** The rows of the seed have fixed ids. An installation that is set up has users and a configuration, too. */
const FIND_OTHERS = `select other.rows
from (
  select 'contacts' as rows, exists (
    select
    from public.contacts as contact
    join public.campaigns as campaign
      on campaign.id = contact.campaign_id
    where (campaign.description like 'Synthetic data, seed %') is not true
      and contact.id::text not like '5eed0005-%'
  ) as found
  union all
  select 'campaigns', exists (
    select
    from public.campaigns
    where (description like 'Synthetic data, seed %') is not true
      and id::text not like '5eed0004-%'
  )
  union all
  select 'users', exists (select from public.users where id::text not like '5eed0001-%')
  union all
  select 'a provider configuration', exists (select from public.provider_configs where id::text not like '5eed0003-%')
) as other
where other.found`;

/**
 * Plans what to add: all campaigns of a run, or those that an interrupted run lacks.
 *
 * @param client outside of any transaction
 * @throws RefusedError `database_in_use` if there are rows of others and the caller does not allow them
 */
export async function planRun(client: pg.Client, wanted: WantedRun): Promise<PlannedRun> {
  const present = (await queryRows<{ description: string }>(client, SYNTHETIC)).map(({ description }) =>
    parseDescription(description),
  );
  const same = present.filter(
    (found) =>
      found?.seed === wanted.seed &&
      found.contacts === wanted.contacts &&
      (wanted.until === undefined || found.until.getTime() === wanted.until.getTime()),
  );
  const until = latest(same.map((found) => found?.until)) ?? wanted.until ?? currentMinute();
  const own = same.filter((found) => found?.until.getTime() === until.getTime());
  const places = new Set(own.map((found) => found?.campaign));
  const campaigns = countCampaigns(wanted.contacts);
  const missing = Array.from({ length: campaigns }, (_, place) => place).filter(
    (place) => !places.has(place),
  );
  if (missing.length > 0 && !wanted.add) await refuseOthers(client, present.length > own.length);
  const [row] = await queryRows<{ finished: boolean }>(client, IS_FINISHED);
  return {
    seed: wanted.seed,
    contacts: wanted.contacts,
    until,
    campaigns,
    missing,
    isFinished: row?.finished === true,
  };
}

/** Every status occurs, if there are enough contacts; a campaign of more contacts would be a transaction of a minute. */
function countCampaigns(contacts: number): number {
  return Math.min(contacts, Math.max(CAMPAIGN_KINDS, Math.ceil(contacts / MOST_CONTACTS)));
}

async function refuseOthers(client: pg.Client, hasOtherRun: boolean): Promise<void> {
  const others = (await queryRows<{ rows: string }>(client, FIND_OTHERS)).map(({ rows }) => rows);
  if (hasOtherRun) others.push('synthetic contacts of another seed, number or time');
  if (others.length === 0) return;
  throw new RefusedError(
    'database_in_use',
    `This database is in use: it has ${others.join(', ')}. Nothing was added.`,
    {
      remedy: remedy`Check the address: synthetic contacts do not belong in a database of real people. To add them nevertheless, set ${option('add', true)}. Only the deletion of their campaigns removes them again.`,
    },
  );
}

function parseDescription(description: string): (SyntheticRun & { readonly campaign: number }) | null {
  const [, seed, contacts, until, campaign] = DESCRIPTION.exec(description) ?? [];
  if (until === undefined) return null;
  return {
    seed: Number(seed),
    contacts: Number(contacts),
    until: new Date(until),
    campaign: Number(campaign) - 1,
  };
}

function latest(times: readonly (Date | undefined)[]): Date | undefined {
  return times.reduce(
    (last, time) => (last === undefined || (time !== undefined && time > last) ? time : last),
    undefined,
  );
}

/** Rounded, so that the time is short enough to type. */
function currentMinute(): Date {
  return new Date(Math.floor(Date.now() / 60_000) * 60_000);
}

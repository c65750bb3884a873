import fc from 'fast-check';
import { timeOf } from './database.js';
import { deed, mostly, which } from './deed.js';

const STATUSES = ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'] as const;

export const move = deed<{ which: string; status: string }>(
  'move campaign',
  {
    which,
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constant('running') },
      { weight: 3, arbitrary: fc.constantFrom(...STATUSES.slice(0, 4)) },
      { weight: 1, arbitrary: fc.constantFrom(...STATUSES) },
    ),
  },
  ({ which, status }, after) => {
    const campaign = after.campaigns[which];
    if (campaign === undefined) return undefined;
    campaign.status = status;
    return `update campaigns set status = '${status}' where id = :${which}`;
  },
);

export const rule = deed<{
  which: string;
  interval: number;
  from: number;
  until: number;
  max: number | null;
}>(
  'change the rules of a campaign',
  {
    which,
    interval: fc.constantFrom(60, 1, 120),
    from: fc.constantFrom(0, 540),
    until: fc.constantFrom(1440, 1440, 1200, 480),
    max: mostly<number | null>(null, 1, 2, 3),
  },
  ({ which, interval, from, until, max }, after) => {
    const campaign = after.campaigns[which];
    if (campaign === undefined) return undefined;
    Object.assign(campaign, { interval, from, until, max: max ?? campaign.max });
    return `update campaigns set retry_interval_minutes = ${interval}, allowed_call_start_local = ${timeOf(from)},
      allowed_call_end_local = ${timeOf(until)}, max_attempts = ${campaign.max} where id = :${which}`;
  },
);

export const provider = deed<{ limit: number | null }>(
  'provider',
  { limit: fc.constantFrom(2, 3, 2, 3, 2, 1, null) },
  ({ limit }, after) => {
    after.limit = limit;
    return `delete from provider_configs; ${limit === null ? '' : `insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', ${limit})`}`;
  },
);

import fc from 'fast-check';
import { insertRow, mostly, pick, rarelyTrue, rowIndex, updateRow } from '../action.js';
import { type Campaign, FINAL_STATUSES, isOpen, type Model, TIME_ZONES } from '../model.js';
import { predictRefusal } from '../predict.js';
import { executeStatements } from '../segment.js';
import { isCallingTime } from '../statement-rules.js';
import type { Write } from '../write.js';
import { type ApiCall, BROKEN_RULE, campaignArgument, defineCall, type Prediction } from './call.js';

/** The functions that move a campaign: from which statuses, and to which. */
const MOVES: Readonly<Record<string, { from: readonly string[]; to: string }>> = {
  schedule_campaign: { from: ['draft'], to: 'scheduled' },
  start_campaign: { from: ['draft', 'scheduled'], to: 'running' },
  pause_campaign: { from: ['running'], to: 'paused' },
  resume_campaign: { from: ['paused'], to: 'running' },
  cancel_campaign: { from: ['draft', 'scheduled', 'running', 'paused'], to: 'cancelled' },
};

const campaignOptions = { campaign: rowIndex, isUnknown: rarelyTrue };

/** Starts, pauses, resumes, schedules or cancels a campaign. */
export const moveCampaign: fc.Arbitrary<ApiCall> = defineCall<{
  move: string;
  campaign: number;
  isUnknown: boolean;
}>(
  'move a campaign',
  {
    move: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('start_campaign', 'pause_campaign', 'resume_campaign', 'resume_campaign'),
      },
      { weight: 1, arbitrary: fc.constantFrom('schedule_campaign', 'cancel_campaign') },
    ),
    ...campaignOptions,
  },
  ({ move, campaign: index, isUnknown }, { model }) => {
    const { from = [], to = '' } = MOVES[move] ?? {};
    const fitting = Object.entries(model.campaigns).filter(([, { status }]) => from.includes(status));
    const [name] =
      pick(fitting.length > 0 && index > 2 ? fitting : Object.entries(model.campaigns), index) ?? [];
    const campaign = isUnknown ? undefined : name;
    return {
      sql: `voicesurvey.${move}(${campaignArgument(campaign)})`,
      predict: (): Prediction => {
        if (campaign === undefined) return { error: 'campaign_is_known' };
        const status = model.campaigns[campaign]?.status ?? '';
        const isStart = move === 'start_campaign';
        const result = isStart ? [] : [to];
        if (status === to) return { rows: result };
        if (FINAL_STATUSES.has(status)) return { error: 'campaign_has_not_ended' };
        if (!from.includes(status)) return { error: 'campaign_changes_status_in_order' };
        const hasContact = Object.values(model.contacts).some(
          ({ campaign_id, state }) => campaign_id === campaign && state === 'pending',
        );
        if (isStart && !hasContact) return { rows: [{ missing: 'contact_to_call' }] };
        return { rows: result, statements: [[updateRow('campaigns', campaign, { status: to })]] };
      },
    };
  },
);

/** Completes the running campaigns that have no contact to call and no open call. */
export const completeFinishedCampaigns: fc.Arbitrary<ApiCall> = defineCall<Record<never, never>>(
  'complete_finished_campaigns',
  {},
  (_, { model }) => ({
    sql: 'voicesurvey.complete_finished_campaigns()',
    predict: ({ rows }) => {
      const finished = Object.entries(model.campaigns)
        .filter(([name, { status }]) => status === 'running' && isFinished(model, name))
        .map(([name]) => name);
      const ids = rows.map(String);
      return {
        problem:
          new Set(ids).size === finished.length && finished.every((name) => ids.includes(name))
            ? null
            : `finished are ${finished} and not ${ids}`,
        statements: finished.map((name) => [updateRow('campaigns', name, { status: 'completed' })]),
      };
    },
  }),
);

function isFinished(model: Model, campaign: string): boolean {
  const limit = model.campaigns[campaign]?.max_attempts ?? 0;
  return (
    Object.values(model.contacts).every(
      ({ campaign_id, state, attempts_count }) =>
        campaign_id !== campaign ||
        ['completed', 'refused', 'excluded'].includes(state) ||
        (state === 'not_reached' && attempts_count >= limit),
    ) && Object.values(model.call_attempts).every((call) => call.campaign_id !== campaign || !isOpen(call))
  );
}

interface CallingTime {
  readonly campaign: number;
  readonly isUnknown: boolean;
  readonly zone: string | null;
  readonly days: string | null;
  readonly start: number | null;
  readonly end: number | null;
}

const sqlOfLocal = (minute: number | null): string =>
  minute === null
    ? 'null'
    : minute === 1440
      ? "time '23:59:59.999999'"
      : `time '${Math.floor(minute / 60)}:${minute % 60}'`;

const quoted = (text: string | null): string => (text === null ? 'null' : `'${text}'`);

/** Sets when a campaign may call: refused while it runs and after its end, unless nothing changes. */
export const setCallingTime: fc.Arbitrary<ApiCall> = defineCall<CallingTime>(
  'set_calling_time',
  {
    ...campaignOptions,
    zone: mostly<string | null>(null, ...Object.keys(TIME_ZONES)),
    days: mostly<string | null>(null, '{1,2,3,4,5,6,7}', '{1,2,3,4,5}', '{6,7}', '{}', '{1,1}'),
    start: mostly<number | null>(null, 0, 540),
    end: mostly<number | null>(null, 1440, 1200, 480),
  },
  ({ campaign: index, isUnknown, zone, days, start, end }, { model }) => {
    const name = isUnknown ? undefined : pick(Object.keys(model.campaigns), index);
    return {
      sql: `voicesurvey.set_calling_time(${campaignArgument(name)}, ${quoted(zone)}, ${quoted(days)}, ${sqlOfLocal(start)}, ${sqlOfLocal(end)})`,
      predict: (): Prediction => {
        const campaign = model.campaigns[name ?? ''];
        if (name === undefined || campaign === undefined) return { error: 'campaign_is_known' };
        const statements = writesOf(model, name, campaign, { zone, days, start, end }).map((write) => [
          write,
        ]);
        return predictRefusal([executeStatements(model, statements)]) === null
          ? { statements }
          : { error: BROKEN_RULE };
      },
    };
  },
);

function writesOf(
  model: Model,
  name: string,
  campaign: Campaign,
  { zone, days, start, end }: Pick<CallingTime, 'zone' | 'days' | 'start' | 'end'>,
): Write[] {
  const allowed_call_start_local = start ?? campaign.allowed_call_start_local;
  const allowed_call_end_local = end ?? campaign.allowed_call_end_local;
  const isWindowChanged =
    allowed_call_start_local !== campaign.allowed_call_start_local ||
    allowed_call_end_local !== campaign.allowed_call_end_local;
  const columns = { time_zone: zone, calling_days: days };
  const settings = name in model.campaign_settings;
  return [
    ...(isWindowChanged
      ? [updateRow('campaigns', name, { allowed_call_start_local, allowed_call_end_local })]
      : []),
    ...(settings ? [updateRow('campaign_settings', name, columns)] : []),
    ...(!settings && (zone !== null || days !== null)
      ? [insertRow('campaign_settings', name, { campaign_id: name, ...columns })]
      : []),
  ];
}

/** Whether a campaign runs, and now is in its calling time. */
export const mayCallNow: fc.Arbitrary<ApiCall> = defineCall<{ campaign: number; isUnknown: boolean }>(
  'may_call_now',
  campaignOptions,
  ({ campaign: index, isUnknown }, { model, now }) => {
    const name = isUnknown ? undefined : pick(Object.keys(model.campaigns), index);
    return {
      sql: `voicesurvey.may_call_now(${campaignArgument(name)})`,
      predict: (): Prediction =>
        name === undefined
          ? { error: 'campaign_is_known' }
          : { rows: [model.campaigns[name]?.status === 'running' && isCallingTime(model, name, now)] },
    };
  },
);

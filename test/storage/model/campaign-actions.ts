import fc from 'fast-check';
import {
  defineAction,
  deleteRow,
  insertRow,
  mostly,
  pick,
  rarelyTrue,
  rowIndex,
  updateRow,
} from './action.js';
import { INITIAL_MODEL, TIME_ZONES } from './model.js';

const OTHER_STATUSES = ['scheduled', 'paused', 'completed', 'cancelled'];

/** Changes the status of a campaign, mostly to running, and sometimes its retry interval in the same write. */
export const changeStatus = defineAction<{ campaign: number; status: string; interval: number | null }>(
  'change the status of a campaign',
  {
    campaign: rowIndex,
    status: mostly('running', 'paused', ...OTHER_STATUSES),
    interval: fc.constantFrom(null, null, null, 1, 120),
  },
  ({ campaign: index, status, interval }, { model }) => {
    const others = Object.entries(model.campaigns).filter(([, campaign]) => campaign.status !== status);
    const [name] = pick(others, index) ?? [];
    if (name === undefined) return [];
    const columns = interval === null ? {} : { retry_interval_minutes: interval };
    return [updateRow('campaigns', name, { status, ...columns })];
  },
);

/** Sets, changes or deletes the time zone and calling days of a campaign, mostly while it is paused for that. */
export const changeCallingTime = defineAction<{
  campaign: number;
  zone: string | null;
  days: string | null;
  isDeleted: boolean;
  isPaused: boolean;
}>(
  'change the calling time of a campaign',
  {
    campaign: rowIndex,
    zone: mostly<string | null>(null, ...Object.keys(TIME_ZONES)),
    days: mostly<string | null>('{1,2,3,4,5,6,7}', null, '{1,2,3,4,5}', '{6,7}', '{}', '{1,1}'),
    isDeleted: rarelyTrue,
    isPaused: mostly(true, false),
  },
  ({ campaign: index, zone, days, isDeleted, isPaused }, { model }) => {
    const [name, campaign] = pick(Object.entries(model.campaigns), index) ?? [];
    if (name === undefined) return [];
    const columns = { campaign_id: name, time_zone: zone, calling_days: days };
    const change = isDeleted
      ? deleteRow('campaign_settings', name)
      : name in model.campaign_settings
        ? updateRow('campaign_settings', name, { time_zone: zone, calling_days: days })
        : insertRow('campaign_settings', name, columns);
    return campaign?.status === 'running' && isPaused
      ? [
          updateRow('campaigns', name, { status: 'paused' }),
          change,
          updateRow('campaigns', name, { status: 'running' }),
        ]
      : [change];
  },
);

export const createCampaign = defineAction<{ status: string; type: string; template: number; max: number }>(
  'create a campaign',
  {
    status: mostly('draft', 'running', ...OTHER_STATUSES),
    type: mostly('completed', 'refused'),
    template: rowIndex,
    max: fc.constantFrom(1, 2, 3),
  },
  ({ status, type, template: index, max }, { model, createName }) => {
    const templates = Object.entries(model.email_templates).filter(([, template]) => template.type === type);
    const [email_completed_template_id, { locale = '' } = {}] = pick(templates, index) ?? [];
    return email_completed_template_id === undefined
      ? []
      : [
          insertRow('campaigns', createName('campaign'), {
            ...INITIAL_MODEL.campaigns.two,
            status,
            language: locale,
            max_attempts: max,
            email_completed_template_id,
          }),
        ];
  },
);

export const createTemplate = defineAction<{ type: string; locale: string }>(
  'create a template',
  { type: fc.constantFrom('completed', 'refused', 'not_reached'), locale: mostly('en', 'it') },
  (row, { createName }) => [insertRow('email_templates', createName('template'), row)],
);

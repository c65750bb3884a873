import fc from 'fast-check';
import { defineAction, insertRow, mostly, pick, rowIndex, updateRow } from './action.js';
import { INITIAL_MODEL } from './model.js';

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

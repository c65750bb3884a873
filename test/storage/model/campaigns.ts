import fc from 'fast-check';
import { deed, insert, mostly, pick, rarely, remove, update, which } from './deed.js';
import { BEGINNING } from './world.js';

const STATUSES = ['scheduled', 'paused', 'completed', 'cancelled'];

/** A campaign goes on: mostly to run; now and then its interval changes in the same step. */
export const move = deed<{ which: number; status: string; interval: number | null }>(
  'move campaign',
  {
    which,
    status: mostly('running', 'paused', ...STATUSES),
    interval: fc.constantFrom(null, null, null, 1, 120),
  },
  ({ which, status, interval }, world) => {
    const others = Object.entries(world.campaigns).filter(([, campaign]) => campaign.status !== status);
    const [name] = pick(others, which) ?? [];
    return name === undefined
      ? []
      : [
          update('campaigns', name, {
            status,
            ...(interval === null ? {} : { retry_interval_minutes: interval }),
          }),
        ];
  },
);

export const found = deed<{ status: string; kind: string; template: number; max: number }>(
  'found a campaign',
  {
    status: mostly('draft', 'running', ...STATUSES),
    kind: mostly('completed', 'refused'),
    template: which,
    max: fc.constantFrom(1, 2, 3),
  },
  ({ status, kind, template, max }, world, _, newName) => {
    const templates = Object.entries(world.email_templates).filter(([, { type }]) => type === kind);
    const [email_completed_template_id, { locale = '' } = {}] = pick(templates, template) ?? [];
    return email_completed_template_id === undefined
      ? []
      : [
          insert('campaigns', newName('campaign'), {
            ...BEGINNING.campaigns.two,
            ...{ status, language: locale, max_attempts: max, email_completed_template_id },
          }),
        ];
  },
);

export const draftTemplate = deed<{ type: string; locale: string }>(
  'write a template',
  { type: fc.constantFrom('completed', 'refused', 'not_reached'), locale: mostly('en', 'it') },
  (row, _world, _now, newName) => [insert('email_templates', newName('template'), row)],
);

/** The provider takes more calls at once, or fewer; or there is none any more; now and then there is another. */
export const provider = deed<{ limit: number | null; isAnother: boolean }>(
  'provider',
  { limit: fc.constantFrom(2, 3, 2, 3, 2, 1, null), isAnother: rarely },
  ({ limit: max_concurrent_calls, isAnother }, world, _, newName) => {
    const [name] = Object.keys(world.provider_configs);
    if (max_concurrent_calls === null) return name === undefined ? [] : [remove('provider_configs', name)];
    return name === undefined || isAnother
      ? [insert('provider_configs', newName('provider'), { max_concurrent_calls })]
      : [update('provider_configs', name, { max_concurrent_calls })];
  },
);

import fc from 'fast-check';
import { defineAction, deleteRow, insertRow, mostly, rarelyTrue, updateRow } from './action.js';
import { TIME_ZONES } from './model.js';

/** Changes the limit of concurrent calls, or deletes the configuration; rarely inserts a second one. */
export const changeProvider = defineAction<{ limit: number | null; isSecond: boolean }>(
  'change the provider configuration',
  { limit: fc.constantFrom(2, 3, 2, 3, 2, 1, null), isSecond: rarelyTrue },
  ({ limit: max_concurrent_calls, isSecond }, { model, createName }) => {
    const [name] = Object.keys(model.provider_configs);
    if (max_concurrent_calls === null) return name === undefined ? [] : [deleteRow('provider_configs', name)];
    return name === undefined || isSecond
      ? [insertRow('provider_configs', createName('provider'), { max_concurrent_calls })]
      : [updateRow('provider_configs', name, { max_concurrent_calls })];
  },
);

/** Changes the time zone of the installation, mostly back to none, which is UTC. */
export const changeTimeZone = defineAction<{ zone: string | null }>(
  'change the time zone',
  { zone: mostly<string | null>(null, ...Object.keys(TIME_ZONES)) },
  ({ zone }) => [updateRow('settings', 'time_zone', { value: zone })],
);

/** Applies the retention of transcripts and metadata. */
export const purgeExpired = defineAction<Record<never, never>>('purge', {}, (_, { now }) => [
  { kind: 'purge', at: now },
]);

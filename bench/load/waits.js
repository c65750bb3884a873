// @ts-check
import { setTimeout } from 'node:timers/promises';

/** The pause between two samples, in milliseconds. */
const PAUSE = 50;

/** What sessions wait for, by the wait events of pg_stat_activity; the first that matches counts. */
const KINDS = /** @type {const} */ ([
  ['CPU', /^active$/],
  ['commit to disk', /^(LWLock:WALWrite|IO:Wal|IO:WAL)/],
  // A commit that notifies holds a lock of the database.
  ['notify', /^Lock:object$/],
  ['row lock', /^Lock:/],
  ['client', /^Client:|^idle/],
  ['other', /./],
]);

const STATES = `
  select coalesce(wait_event_type || ':' || wait_event, state) as state, count(*)::integer as sessions
  from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
    and state_change > now() - interval '1 second'
  group by 1`;

/**
 * Samples what the other sessions of the database wait for, until `end` is called. A session that has done nothing for a
 * second is not counted.
 *
 * @param {import('pg').Client} observer
 * @returns {{ end: () => Promise<Map<string, number>> }} `end` returns the number of samples of each kind
 */
export function sampleWaits(observer) {
  const samples = new Map(KINDS.map(([kind]) => [/** @type {string} */ (kind), 0]));
  let isEnding = false;
  const sampling = (async () => {
    while (!isEnding) {
      for (const { state, sessions } of (await observer.query(STATES)).rows) {
        const [kind = 'other'] = KINDS.find(([, pattern]) => pattern.test(state)) ?? [];
        samples.set(kind, (samples.get(kind) ?? 0) + sessions);
      }
      await setTimeout(PAUSE);
    }
  })();
  return {
    end: async () => {
      isEnding = true;
      await sampling;
      return samples;
    },
  };
}

/**
 * @param {Map<string, number>} samples
 * @returns {string[]} the share of each kind, in per cent
 */
export function waitCells(samples) {
  const total = [...samples.values()].reduce((sum, number) => sum + number, 0);
  return [...samples.values()].map((number) => `${((100 * number) / total).toFixed(0)} %`);
}

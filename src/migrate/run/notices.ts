import { addRunReport, MigrationFailedError } from '../failure/errors.js';
import { type DriftReport, NO_DRIFT } from '../history/drift.js';
import type { Notice } from '../script/notice.js';
import type { Listener } from './events.js';

/** The most notices that a result holds. A loop in a migration may raise any number. */
const MOST_NOTICES = 1000;

/** Collects the notices among events, each different one once if `isUnique`, and not more than a result holds. */
export function collectNotices(isUnique = false): {
  readonly notices: readonly Notice[];
  readonly listen: Listener;
} {
  const notices: Notice[] = [];
  const known = new Set<string>();
  const listen: Listener = (event) => {
    if (event.kind !== 'notice' || notices.length >= MOST_NOTICES) return;
    const { severity, text, detail, hint } = event;
    const key = JSON.stringify([severity, text, detail, hint]);
    if (isUnique && known.has(key)) return;
    known.add(key);
    notices.push({ severity, text, detail, hint });
  };
  return { notices, listen };
}

/**
 * Does work, and adds the notices that it reports to its result.
 *
 * @param onEvent receives every event
 * @param work gets the listener to report to
 */
export async function withNotices<Result extends object>(
  onEvent: Listener | undefined,
  work: (emit: Listener) => Promise<Result>,
): Promise<Result & { readonly notices: readonly Notice[] }> {
  const { notices, listen } = collectNotices();
  return { ...(await work(both(listen, onEvent))), notices };
}

/**
 * Runs migrations, and adds the notices to the result. An error gets the notices and the drift that was found: the run has made
 * that drift part of the schema if anything is committed, so no later run finds it.
 *
 * @param onEvent receives every event
 * @param run gets the listener to report to
 */
export async function withReport<Result extends object>(
  onEvent: Listener | undefined,
  run: (emit: Listener) => Promise<Result>,
): Promise<Result & { readonly notices: readonly Notice[] }> {
  const { notices, listen } = collectNotices();
  let found: DriftReport = NO_DRIFT;
  const remember: Listener = (event) => {
    listen(event);
    if (event.kind === 'drifted') found = { drift: event.differences, driftUnknown: null };
    if (event.kind === 'drift-unknown') found = { drift: [], driftUnknown: event.drift };
  };
  try {
    return { ...(await run(both(remember, onEvent))), notices };
  } catch (error) {
    const hasReport = error instanceof MigrationFailedError || found !== NO_DRIFT || notices.length > 0;
    throw hasReport ? addRunReport(error, { ...found, notices }) : error;
  }
}

function both(listen: Listener, onEvent: Listener | undefined): Listener {
  return (event) => {
    listen(event);
    onEvent?.(event);
  };
}

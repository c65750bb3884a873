import { MigrationFailedError } from '../failure/errors.js';
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
 * Runs work, and adds the notices that it reports to its result, or to the error that it fails with.
 *
 * @param onEvent receives every event
 * @param work gets the listener to report to
 */
export async function withNotices<Result extends object>(
  onEvent: Listener | undefined,
  work: (emit: Listener) => Promise<Result>,
): Promise<Result & { readonly notices: readonly Notice[] }> {
  const { notices, listen } = collectNotices();
  const emit: Listener = (event) => {
    listen(event);
    onEvent?.(event);
  };
  try {
    return { ...(await work(emit)), notices };
  } catch (error) {
    if (error instanceof MigrationFailedError) error.notices = notices;
    throw error;
  }
}

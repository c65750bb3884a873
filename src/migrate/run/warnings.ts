import type { Connection } from '../../postgres/connect.js';
import { knownTextOf } from '../../postgres/redaction/known-text.js';
import { redactText } from '../../postgres/redaction/redact.js';
import { NO_EARLIER_SNAPSHOT, SNAPSHOT_MISSING } from '../history/record-snapshot.js';
import type { Listener } from './events.js';
import { isReported, type NoticeReporter } from './notice-reporter.js';

/** What the server has warned of during a run. */
export interface ServerWarnings {
  /** Forgets the warning of a failed attempt that it left no snapshot, before the next attempt. */
  forgetSnapshot(): void;
  /** Why the last file of the run left no snapshot of the catalog; null if it did. */
  snapshotMissing(): string | null;
  /** Stops listening, and waits until every notice is reported. */
  stop(): Promise<void>;
}

/** The words of the usual reasons. A migration could raise any text with the same SQLSTATE. */
const USUAL_REASONS = `canceling statement due to lock statement timeout user request, permission denied for table schema view function, deadlock detected, out of memory, ${NO_EARLIER_SNAPSHOT}`;

/**
 * Listens to what the server says besides its answers. Reports warnings, and the messages that a migration raises; not the
 * notices that an object exists and is skipped.
 *
 * @param connection executes the files
 * @param notices reports all but the warning that no snapshot was recorded
 */
export function listenToWarnings(
  { client }: Connection,
  notices: NoticeReporter,
  emit: Listener,
): ServerWarnings {
  let snapshotMissing: string | null = null;
  const listener: Parameters<typeof client.on<'notice'>>[1] = (notice) => {
    if (notice.code === SNAPSHOT_MISSING) {
      snapshotMissing = redactText(notice, knownTextOf(USUAL_REASONS)).message;
      emit({ kind: 'snapshot-missing', reason: snapshotMissing });
    } else if (isReported(notice)) {
      notices.report(notice);
    }
  };
  client.on('notice', listener);
  return {
    // Not when a file is reported as started: its warning may have arrived before, in the same packet as that answer.
    forgetSnapshot: () => {
      snapshotMissing = null;
    },
    snapshotMissing: () => snapshotMissing,
    stop: async () => {
      client.off('notice', listener);
      await notices.stop();
    },
  };
}

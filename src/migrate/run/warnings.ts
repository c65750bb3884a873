import type { Connection } from '../../postgres/connect.js';
import { NOTHING_KNOWN } from '../../postgres/redaction/known-text.js';
import { redactText } from '../../postgres/redaction/redact.js';
import { SNAPSHOT_MISSING } from '../history/snapshot.js';
import type { Listener } from './events.js';

/** What the server has warned of during a run. */
export interface ServerWarnings {
  /** Reports an event of the run. */
  readonly emit: Listener;
  /** Why the last file of the run left no snapshot of the catalog; null if it did. */
  snapshotMissing(): string | null;
  /** Stops listening. */
  stop(): void;
}

/**
 * Listens to what the server says besides its answers. Reports warnings, and the messages that a migration raises; not the
 * notices that an object exists and is skipped.
 *
 * @param connection executes the files
 */
export function listenToWarnings({ client }: Connection, emit: Listener): ServerWarnings {
  let snapshotMissing: string | null = null;
  const listener: Parameters<typeof client.on<'notice'>>[1] = ({
    severity = '',
    message = '',
    routine,
    code,
  }) => {
    if (code === SNAPSHOT_MISSING) {
      snapshotMissing = redactText({ message, code }, NOTHING_KNOWN).message;
      emit({ kind: 'snapshot-missing', reason: snapshotMissing });
    } else if (severity === 'WARNING' || routine === 'exec_stmt_raise') {
      emit({ kind: 'notice', severity, text: message });
    }
  };
  client.on('notice', listener);
  return {
    emit: (event) => {
      // The snapshot after a failed attempt does not matter once the next attempt has begun.
      if (event.kind === 'started') snapshotMissing = null;
      emit(event);
    },
    snapshotMissing: () => snapshotMissing,
    stop: () => client.off('notice', listener),
  };
}

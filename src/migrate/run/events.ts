import type { Blocker } from '../../postgres/blocker.js';
import type { Drift, DriftDetails } from '../history/drift.js';
import type { Notice } from '../script/notice.js';
import type { LostData } from '../script/safeguard.js';
import type { LockHolder } from './lock-holder.js';

/** An event that a run reports. The events are for people to read; no result depends on them. */
export type RunEvent =
  /** Another run holds the lock. */
  | { readonly kind: 'waiting'; readonly holder: LockHolder | null }
  /** The catalog was changed outside of migrations before the run; drift is now measured from this state. */
  | ({ readonly kind: 'drifted' } & DriftDetails)
  /**
   * The catalog could not be compared with what the previous run left, so changes outside of migrations could not be found;
   * drift is now measured from this state.
   */
  | { readonly kind: 'drift-unknown'; readonly drift: Drift }
  /** The run could not read the catalog to record its snapshot, so drift is unknown until a snapshot is recorded. */
  | { readonly kind: 'snapshot-missing'; readonly reason: string }
  /** The next events of `upSets` are about this set; the name is null for the default set. */
  | { readonly kind: 'set-started'; readonly set: string | null }
  | { readonly kind: 'started'; readonly name: string; readonly direction: 'up' | 'down' }
  /** A no-transaction file has come to the statement on this line. The statements of other files are sent together. */
  | {
      readonly kind: 'executing';
      readonly name: string;
      readonly direction: 'up' | 'down';
      readonly line: number;
    }
  /** A file is committed. It is durable once the run has returned: only the last commit of a run waits for the disk. */
  | {
      readonly kind: 'finished';
      readonly name: string;
      readonly direction: 'up' | 'down';
      readonly durationMs: number;
    }
  /** A statement waits for a lock that another session or a prepared transaction holds. */
  | { readonly kind: 'blocked'; readonly blocker: Blocker }
  /** Another session was in the way; the engine retries the migration after a pause. `attempt` counts from 1. */
  | {
      readonly kind: 'retrying';
      readonly name: string;
      readonly reason: 'lock timeout' | 'deadlock' | 'serialization failure';
      readonly attempt: number;
      readonly pauseMs: number;
    }
  /** The progress of an index build; `percent` is of its phase, null if the server does not report it. */
  | {
      readonly kind: 'building';
      readonly index: string;
      readonly phase: string;
      readonly percent: number | null;
    }
  /** An index that an earlier run left invalid is dropped, to be built again. */
  | { readonly kind: 'rebuilding'; readonly index: string }
  /** A server process still executes a statement that a killed run sent. */
  | { readonly kind: 'leftover'; readonly pid: number }
  /** The data that a migration deleted is in a folder, with the script that restores it. */
  | { readonly kind: 'backed-up'; readonly folder: string; readonly losses: readonly LostData[] }
  /** A warning of the server, or a message that a migration raises. */
  | ({ readonly kind: 'notice' } & Notice);

/** Receives the events of a run. */
export type Listener = (event: RunEvent) => void;

import type { Blocker } from '../../postgres/blocker.js';
import type { LostData } from '../data-loss/loss.js';
import type { DriftSince } from '../history/drift.js';
import type { LockHolder } from './lock.js';

/** What a run tells while it runs; for people to look at, never needed for its result. */
export type RunEvent =
  /** Another run holds the lock. */
  | { readonly kind: 'waiting'; readonly holder: LockHolder | null }
  /** The catalog was changed outside of migrations before the run; drift is now measured from this state. */
  | ({ readonly kind: 'drifted' } & DriftSince)
  | { readonly kind: 'started'; readonly name: string; readonly direction: 'up' | 'down' }
  | {
      readonly kind: 'finished';
      readonly name: string;
      readonly direction: 'up' | 'down';
      readonly durationMs: number;
    }
  /** A statement waits for a lock that somebody holds. */
  | { readonly kind: 'blocked'; readonly blocker: Blocker }
  /** A lock was not free in time, and the migration is tried again after a pause. */
  | { readonly kind: 'retrying'; readonly name: string; readonly tries: number; readonly pauseMs: number }
  /** How far an index build is; `percent` is of its phase, null where the server does not tell. */
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
  /** What a migration has taken away is in a folder, with the commands that bring it back. */
  | { readonly kind: 'kept'; readonly folder: string; readonly losses: readonly LostData[] }
  /** The server, or a `raise` in a migration, has something to say. */
  | { readonly kind: 'notice'; readonly severity: string; readonly text: string };

/** Receives the events of a run. */
export type Listener = (event: RunEvent) => void;

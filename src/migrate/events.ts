import type { LockHolder } from './lock.js';

/** What a run tells while it runs; for people to look at, never needed for its result. */
export type RunEvent =
  | { readonly kind: 'waiting'; readonly holder: LockHolder | null }
  | { readonly kind: 'started'; readonly name: string; readonly direction: 'up' | 'down' }
  | {
      readonly kind: 'finished';
      readonly name: string;
      readonly direction: 'up' | 'down';
      readonly durationMs: number;
    }
  | { readonly kind: 'retrying'; readonly name: string; readonly attempt: number; readonly pauseMs: number }
  | { readonly kind: 'notice'; readonly severity: string; readonly text: string };

/** Receives the events of a run. */
export type Listener = (event: RunEvent) => void;

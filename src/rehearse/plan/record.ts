import type { Outcome } from './plan.js';

/**
 * What the rehearsal did and what it was answered, in its own words. The checks at the end compare it with the rows. All times
 * are milliseconds of `monotonicNow()`.
 */
export interface RehearsalRecord {
  readonly campaigns: readonly CampaignRecord[];
  /** The calls that a claim returned, by their `call_id`. */
  readonly calls: Map<string, CallRecord>;
  /** The numbers that were put on the exclusion list. */
  readonly exclusions: Map<string, Action>;
  /** The numbers of the people who were erased. */
  readonly erasures: Map<string, Erasure>;
  /** What the consumer received, by the id of the event. */
  readonly events: Map<string, EventRecord>;
  /** What the provider of e-mails accepted, by the id of the notification. */
  readonly emails: Map<string, EmailRecord>;
  /** The e-mails that the provider of e-mails refused, and that are due again only after a minute. */
  readonly refusedEmails: Set<string>;
  /** The provider's ids of the recordings that were deleted at the provider. */
  readonly deletedRecordings: Set<string>;
  /** Errors of functions that the rehearsal had no reason to expect: the function and the constraint. */
  readonly refusals: string[];
}

/** Something that was asked for and, unless its answer was lost, confirmed. */
export interface Action {
  readonly sentAt: number;
  confirmedAt: number | null;
}

/** An erasure, and the recordings that it returned. */
export interface Erasure extends Action {
  recordings: readonly string[];
}

/** A campaign and what became of it. */
export interface CampaignRecord {
  readonly id: string;
  /** When it was asked to start; null until then. */
  startSentAt: number | null;
  isStarted: boolean;
  /** From the confirmed pause to the first request to resume. */
  readonly pauses: { readonly confirmedAt: number; resumeSentAt: number | null }[];
  /** When it was seen completed. */
  completedAt: number | null;
  /** Its statuses in the order in which they were seen, without repetitions. */
  readonly statuses: string[];
  /** How many lines of its import had each verdict, and how many were expected to. */
  readonly verdicts: Map<string, number>;
  /** How many contacts it got. */
  imported: number;
  /** Lines whose verdict is not the expected one. */
  readonly wrongVerdicts: string[];
}

/** A call that was claimed. */
export interface CallRecord {
  readonly callId: string;
  readonly contactId: string;
  /** The position of its campaign. */
  readonly campaign: number;
  readonly number: string;
  readonly attempt: number;
  readonly claimSentAt: number;
  readonly claimConfirmedAt: number;
  /** How many claims returned it: one, if all is well. */
  claims: number;
  /** When the provider dialled; null if the dialer died before. */
  dialledAt: number | null;
  /** When the provider's call ended; null until then. */
  hungUpAt: number | null;
  /** Whether the provider's id was confirmed to be stored. */
  hasStoredId: boolean;
  /** The outcome that the database confirmed by `ended` or `replaced`; null if none was. */
  confirmedOutcome: Outcome | null;
  /** The state of the contact in that answer. */
  confirmedState: string | null;
}

/** An event that arrived. */
export interface EventRecord {
  readonly contactId: string;
  readonly type: string;
  readonly answers: readonly (string | null)[];
  /** When the latest claim that returned it was sent. */
  claimSentAt: number;
  isConfirmed: boolean;
}

/** An e-mail that was sent. */
export interface EmailRecord {
  readonly contactId: string;
  readonly eventId: string;
  readonly to: string;
  readonly type: string;
  claimSentAt: number;
  isConfirmed: boolean;
}

/** The provider's id of a call. */
export const providerIdOf = (callId: string): string => `CA-${callId}`;

/** An empty record of campaigns that were inserted. */
export function makeRecord(ids: readonly string[]): RehearsalRecord {
  return {
    campaigns: ids.map((id) => ({
      id,
      startSentAt: null,
      isStarted: false,
      pauses: [],
      completedAt: null,
      statuses: [],
      verdicts: new Map(),
      imported: 0,
      wrongVerdicts: [],
    })),
    calls: new Map(),
    exclusions: new Map(),
    erasures: new Map(),
    events: new Map(),
    emails: new Map(),
    refusedEmails: new Set(),
    deletedRecordings: new Set(),
    refusals: [],
  };
}

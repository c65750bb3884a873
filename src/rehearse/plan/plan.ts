import { draw, drawOne } from './draw.js';

/** How a call ends. */
export type Outcome = 'completed' | 'refused' | 'no_answer' | 'busy' | 'failed';

/** A campaign, before it is inserted. */
export interface PlannedCampaign {
  readonly name: string;
  readonly language: 'en' | 'it';
  readonly maxAttempts: number;
  readonly contacts: number;
}

/** A line of an import: a person on the list of a campaign. */
export interface PlannedContact {
  readonly number: string;
  readonly email: string | null;
  readonly language: 'en' | 'it' | 'auto';
  readonly doNotCall: boolean;
}

/** What happens in a call, as the provider and the dialogue know it. */
export interface PlannedCall {
  readonly outcome: Outcome;
  /** After how many milliseconds somebody answers; null if nobody does. */
  readonly answeredAfterMs: number | null;
  readonly endsAfterMs: number;
  /** The answers of a completed call. */
  readonly answers: readonly [string, string, string] | null;
}

/** What a rehearsal does. All of it follows from these few values, so nothing else has to be held in memory. */
export interface Plan {
  readonly seed: number;
  readonly campaigns: readonly PlannedCampaign[];
  /** The limit of concurrent calls. */
  readonly limit: number;
  /** Whether failures are injected. */
  readonly failures: boolean;
}

/** What a plan is made from. */
export interface PlanOptions {
  readonly contacts: number;
  readonly campaigns: number;
  readonly dialers: number;
  readonly attempts: number;
  readonly failures: boolean;
  readonly seed: number;
}

/** Each dialer gets this many call slots. */
const SLOTS_PER_DIALER = 5;

/** Makes the plan of a rehearsal. The campaigns with the most attempts come first, so that their retries fall due soon. */
export function makePlan({ contacts, campaigns, dialers, attempts, failures, seed }: PlanOptions): Plan {
  const share = Math.floor(contacts / campaigns);
  return {
    seed,
    failures,
    limit: Math.max(10, dialers * SLOTS_PER_DIALER),
    campaigns: Array.from({ length: campaigns }, (_, index) => ({
      name: `Rehearsal ${index + 1}`,
      language: index % 2 === 0 ? ('en' as const) : ('it' as const),
      maxAttempts: Math.max(1, attempts - Math.floor((index * attempts) / campaigns)),
      contacts: index === 0 ? contacts - share * (campaigns - 1) : share,
    })),
  };
}

/** No country has the code 999, so no such number can ever be dialled. */
const numberOf = (campaign: number, index: number): string =>
  `+999${String(campaign).padStart(3, '0')}${String(index).padStart(8, '0')}`;

/** A line of a campaign's list. One number in twenty is also on the list of the campaign before. */
export function contactOf({ seed, campaigns }: Plan, campaign: number, index: number): PlannedContact {
  const isShared =
    index < (campaigns[campaign - 1]?.contacts ?? 0) && draw(seed, 'shared', campaign, index) < 0.05;
  const drawn = draw(seed, 'contact', campaign, index);
  return {
    number: numberOf(isShared ? campaign - 1 : campaign, index),
    email: index % 3 === 0 ? null : `person.${campaign}.${index}@example.com`,
    language: drawOne(draw(seed, 'language', campaign, index), [
      ['auto', 6],
      ['en', 2],
      ['it', 2],
    ]),
    doNotCall: drawn < 0.01,
  };
}

/** Whether the number of a line is on the exclusion list before the campaign starts. */
export function isListedBefore({ seed }: Plan, number: string): boolean {
  return draw(seed, 'listed', number) < 0.02;
}

/** What happens in an attempt to reach a number. */
export function callOf({ seed }: Plan, campaign: number, number: string, attempt: number): PlannedCall {
  const key = `${campaign} ${number} ${attempt}`;
  const outcome = drawOne<Outcome>(draw(seed, 'outcome', key), [
    ['completed', 45],
    ['refused', 10],
    ['no_answer', 25],
    ['busy', 12],
    ['failed', 8],
  ]);
  const isAnswered =
    outcome === 'completed' ||
    outcome === 'refused' ||
    (outcome === 'failed' && draw(seed, 'machine', key) < 0.5);
  const ringingMs = 5 + draw(seed, 'ringing', key) * 45;
  const talkingMs = 5 + draw(seed, 'talking', key) * 95;
  return {
    outcome,
    answeredAfterMs: isAnswered ? ringingMs : null,
    endsAfterMs: ringingMs + talkingMs,
    answers: outcome === 'completed' ? answersOf(seed, key) : null,
  };
}

function answersOf(seed: number, key: string): readonly [string, string, string] {
  const score = 1 + Math.floor(draw(seed, 'score', key) * 10);
  return [
    `Answer ${Math.floor(draw(seed, 'answer', key) * 1e9)}`,
    String(score),
    drawOne(draw(seed, 'form', key), [
      [String(score), 2],
      [`${score} out of 10`, 1],
      ['eight', 1],
    ]),
  ];
}

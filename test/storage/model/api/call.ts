import fc from 'fast-check';
import { type Context, delays } from '../action.js';
import type { Model, Row, Table } from '../model.js';
import type { Isolation } from '../segment.js';
import type { Write } from '../write.js';
import type { ApiState } from './state.js';

/** What a call is planned from, and its result predicted from. */
export interface ApiContext extends Context {
  readonly api: ApiState;
}

/** A value of a row that a function returned: times are minutes of the model, ids are names. */
export type ResultRow = Readonly<Record<string, unknown>>;

/** What the database shows after a call. */
export interface Observed {
  /** The rows that the function returned; none after an error. */
  readonly rows: readonly ResultRow[];
  /** The name of the new row with some values; a name that no row has, if there is none. */
  nameOf(table: Table, columns: Row): string;
}

/** What the documentation says that a call returns and leaves. An error leaves nothing. */
export type Prediction =
  | { readonly error: string }
  | {
      /** The rows, or scalars, in order, with the columns that are compared; by default they are not compared. */
      readonly rows?: readonly unknown[];
      /** Why the rows are wrong, if more than one result is right and this is none; null if it is right. */
      readonly problem?: string | null;
      /** The writes of its statements. */
      readonly statements?: readonly (readonly Write[])[];
      /** Changes what the API stores, after the statements. */
      readonly api?: (api: ApiState) => ApiState;
    };

/** The error of a call that breaks a rule of the product, if the model does not say by which name it is refused. */
export const BROKEN_RULE = 'a rule';

export interface PlannedCall {
  /** The call of the function. Rows are named as in `../../rules/names.ts`. */
  readonly sql: string;
  predict(observed: Observed): Prediction;
}

/** A call of a function of the API, in its own transaction. */
export interface ApiCall {
  /** A description for a failure report. */
  toString(): string;
  /** The minutes that pass before it. */
  readonly delay: number;
  readonly isolation: Isolation;
  /** Whether it is repeated, as a webhook that arrives twice. */
  readonly isRepeated: boolean;
  /** Returns nothing if the model has no row to call it for. */
  plan(context: ApiContext): PlannedCall | undefined;
}

const isolations: fc.Arbitrary<Isolation> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('read committed') },
  { weight: 1, arbitrary: fc.constantFrom('repeatable read', 'serializable') },
);

/**
 * Defines the calls of a function.
 *
 * @param options generates what a call depends on besides the model
 */
export function defineCall<Options extends object>(
  name: string,
  options: { [Key in keyof Options]: fc.Arbitrary<Options[Key]> },
  plan: (options: Options, context: ApiContext) => PlannedCall | undefined,
): fc.Arbitrary<ApiCall> {
  return fc
    .tuple(
      fc.record(options, { noNullPrototype: true }) as fc.Arbitrary<Options>,
      delays,
      isolations,
      fc.constantFrom(false, false, false, true),
    )
    .map(([chosen, delay, isolation, isRepeated]) => ({
      delay,
      isolation,
      isRepeated,
      toString: () => `+${delay} min ${name} ${JSON.stringify(chosen)}${isRepeated ? ', twice' : ''}`,
      plan: (context) => plan(chosen, context),
    }));
}

/** A text as a literal, or null. */
export const quote = (text: string | null): string =>
  text === null ? 'null' : `'${text.replaceAll("'", "''")}'`;

/** Refers to a campaign that may be deleted. */
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** The campaigns of a model, and sometimes one that does not exist. */
export const campaignArgument = (name: string | undefined): string =>
  name === undefined ? `'${UNKNOWN_ID}'` : `:${name}`;

/** The number of attempts that a contact has left. */
export function attemptsLeft(model: Model, contact: string): number {
  const { state = '', attempts_count = 0, campaign_id = '' } = model.contacts[contact] ?? {};
  if (['completed', 'refused', 'excluded'].includes(state)) return 0;
  return Math.max((model.campaigns[campaign_id]?.max_attempts ?? 0) - attempts_count, 0);
}

import type { Field } from './field.js';
import type { End, Turn } from './sessions.js';

/** Sessions that would break a rule if it were checked naively. */
export interface Race {
  /** Sets the field, and says what each session does, and what must be true of their ends. */
  start(field: Field): Promise<Heat>;
  /** Statements that take a protection out; without it a violation must be seen. */
  readonly without: Readonly<Record<string, string>>;
}

/** One round. */
export interface Heat {
  readonly turns: readonly Turn[];
  /** What the ends must not be, besides what `forbidden.ts` finds; null where all is well. */
  judge?(ends: readonly End[]): Promise<string | null>;
  /** Puts the field in order for the next. */
  after?(): Promise<unknown>;
}

/** Takes a piece of its source out of a function. */
export const cut = (name: string, pattern: string, replacement = ''): string => `do $cut$
declare
  source text := pg_get_functiondef('voicesurvey_rules.${name}'::regproc);
  changed text := regexp_replace(source, '${pattern}', '${replacement}', 'g');
begin
  if changed = source then raise exception 'nothing to cut in ${name}'; end if;
  execute changed;
end $cut$`;

/** Contacts may go from any state to any other. */
export const NO_ORDER = 'drop trigger a_contact_goes_through_its_life_in_order on contacts';

/** How many calls a campaign has. */
export const CALLS = 'select count(*) from call_attempts where campaign_id = $1';

/** A claim that commits after another session was told that its change has committed. */
export const lateClaim =
  (field: Field, id: string) =>
  async (ends: readonly End[]): Promise<string | null> => {
    const [first] = ends;
    if (first === undefined || first.refusal !== null) return null;
    const now = await field.write(CALLS, [id]);
    return Number(now) > Number(first.afterwards)
      ? `${now} calls, and ${first.afterwards} when it was committed`
      : null;
  };

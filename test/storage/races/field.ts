import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Random } from '../../crash/random.js';
import type { Statement, Turn } from './sessions.js';

/** A contact of a race. */
export interface Person {
  readonly id: string;
  readonly phone: string;
  readonly campaign: string;
}

/** Where races are run: makes what they are about. */
export interface Field {
  readonly random: Random;
  /** Writes by a connection that does not race. */
  write(sql: string, values?: readonly unknown[]): Promise<unknown>;
  /** A new number. */
  phone(): string;
  /** A campaign, running unless told otherwise, and its contacts. */
  campaign(options?: {
    contacts?: number;
    status?: string;
  }): Promise<{ id: string; people: Person[]; first: Person }>;
  /** A contact with a first call that was answered a moment ago. */
  called(): Promise<Person & { readonly attempt: string }>;
  template(kind: string): Promise<string>;
}

let serial = 1_000_000_000;

export function fieldOn(client: pg.Client, user: string, random: Random): Field {
  const write: Field['write'] = async (sql, values = []) => {
    const { rows } = await client.query(sql, [...values]);
    return Object.values(rows[0] ?? {})[0];
  };
  const phone = (): string => `+49${++serial}`;
  const campaign: Field['campaign'] = async ({ contacts = 1, status = 'running' } = {}) => {
    const id = randomUUID();
    const people = Array.from({ length: contacts }, () => ({
      id: randomUUID(),
      phone: phone(),
      campaign: id,
    }));
    await write(
      `insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
         question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local, created_by_user_id)
       values ($1, 'Race', 'Hello', 'One?', 'free_text', 'Two?', 'numeric', 'Three?', 'scale', '00:00', '24:00', $2)`,
      [id, user],
    );
    await write(
      `insert into contacts (id, campaign_id, phone_number, email)
         select person.id, $1, person.phone, 'person@example.com' from unnest($2::uuid[], $3::text[]) as person (id, phone)`,
      [id, people.map((person) => person.id), people.map((person) => person.phone)],
    );
    if (status !== 'draft') await write('update campaigns set status = $2 where id = $1', [id, status]);
    const [first] = people;
    if (first === undefined) throw new RangeError('A race needs a contact.');
    return { id, people, first };
  };
  const called: Field['called'] = async () => {
    const { first } = await campaign();
    const attempt = randomUUID();
    await write('begin');
    for (const [sql, values] of claim(first, random, attempt).steps) await write(sql, values);
    await write('commit');
    return { ...first, attempt };
  };
  const template: Field['template'] = async (kind) => {
    const id = randomUUID();
    await write(
      "insert into email_templates (id, name, type, subject, body_html) values ($1, 'Race', $2, 's', 'b')",
      [id, kind],
    );
    return id;
  };
  return { random, write, phone, campaign, called, template };
}

/** A service claims a contact as it saw it: never called. */
export function claim(person: Person, random: Random, attempt: string = randomUUID()): Turn {
  return {
    steps: random.shuffle<Statement>([
      [
        "update contacts set state = 'in_progress', attempts_count = 1, last_attempt_at = now() where id = $1",
        [person.id],
      ],
      [
        `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, answered_at)
           values ($1, $2, $3, 1, $4, now())`,
        [attempt, person.id, person.campaign, attempt],
      ],
    ]),
  };
}

/**
 * A service finishes the call.
 *
 * @param at when it ended; the same for a webhook that arrives twice
 */
export function finish(
  person: Person & { attempt: string },
  outcome: string,
  random: Random,
  at = new Date(),
): Turn {
  const state = outcome === 'failed' ? 'pending' : outcome;
  const steps: Statement[] = [
    [
      'update call_attempts set ended_at = greatest(answered_at, $3::timestamptz), outcome = $2 where id = $1',
      [person.attempt, outcome, at],
    ],
    ['update contacts set state = $2, last_outcome = $3 where id = $1', [person.id, state, outcome]],
  ];
  if (outcome === 'completed') {
    steps.push([
      `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
         values ($1, $2, $3, 'a', '1', '2') on conflict do nothing`,
      [person.id, person.campaign, person.attempt],
    ]);
  }
  if (outcome !== 'failed') {
    steps.push([
      `insert into events (event_type, campaign_id, contact_id, call_attempt_id) values ($4, $2, $1, $3) on conflict do nothing`,
      [person.id, person.campaign, person.attempt, `survey.${outcome}`],
    ]);
  }
  return { steps: random.shuffle(steps) };
}

/** One statement. */
export const only = (sql: string, ...values: unknown[]): Turn => ({ steps: [[sql, values]] });

export const exclude = (phone: string): Turn =>
  only('insert into exclusion_list_entries (phone_number) values ($1) on conflict do nothing', phone);

import type pg from 'pg';
import { withIds } from '../rules/names.js';
import { draft, move } from '../rules/steps.js';
import { newWorld, type World } from './world.js';

/** A minute of the world's, in SQL. */
export const at = (minute: number | null): string =>
  minute === null ? 'null' : `(timestamptz '2025-01-06 00:00+00' + interval '${minute} min')`;

/** A minute of a day, in SQL. */
export const timeOf = (minute: number): string =>
  `'${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}'`;

/** The statements that bring an empty database to where every run begins. */
export function beginning(): string {
  const { campaigns, contacts, limit } = newWorld();
  const templates = ['completed', 'refused', 'not_reached'].map(
    (kind) =>
      `insert into email_templates (id, name, type, subject, body_html) values (:${kind}, 'a', '${kind}', 'a', 'a');`,
  );
  return ids(
    [
      "insert into users (id, oidc_sub, email, name) values (:manager, 'a', 'a@example.com', 'a');",
      ...templates,
      `insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', ${limit});`,
      ...Object.entries(campaigns).map(([name, { max }]) => draft(name, { max_attempts: String(max) })),
      ...Object.entries(contacts).map(([name, { campaign, phone }]) =>
        importing(name, campaign, phone, false),
      ),
      ...Object.entries(campaigns).map(([name, { status }]) => move(name, status)),
    ].join('\n'),
  );
}

/** A contact is put on a campaign's list. */
export const importing = (
  name: string,
  campaign: string,
  phone: string,
  unwilling: boolean,
  state = 'pending',
): string =>
  `insert into contacts (id, campaign_id, phone_number, email, do_not_call, state)
     values (:${name}, :${campaign}, '${phone}', '${name}@example.com', ${unwilling}, '${state}');`;

/** SQL with ids for names; here every name is one. */
export const ids = (sql: string): string => withIds(sql, { has: () => true });

const MINUTE = (column: string): string =>
  `round(extract(epoch from ${column} - timestamptz '2025-01-06 00:00+00') / 60)::int`;

const READ = `select json_build_object(
  'limit', (select max_concurrent_calls from provider_configs),
  'listed', (select coalesce(json_agg(phone_number order by phone_number), '[]') from exclusion_list_entries),
  'campaigns', (select json_object_agg(name, json_build_object('status', status, 'max', max_attempts, 'interval', retry_interval_minutes,
     'from', (extract(epoch from allowed_call_start_local) / 60)::int, 'until', (extract(epoch from allowed_call_end_local) / 60)::int) order by name) from campaigns),
  'contacts', (select coalesce(json_object_agg(split_part(email, '@', 1), json_build_object('campaign', (select name from campaigns c where c.id = campaign_id),
     'phone', phone_number, 'unwilling', do_not_call, 'state', state, 'count', attempts_count, 'last', ${MINUTE('last_attempt_at')}, 'outcome', last_outcome) order by email), '{}') from contacts),
  'calls', (select coalesce(json_object_agg(call_id, json_build_object('contact', split_part(email, '@', 1), 'number', attempt_number, 'start', ${MINUTE('started_at')},
     'answered', ${MINUTE('answered_at')}, 'ended', ${MINUTE('ended_at')}, 'outcome', outcome, 'key', provider_call_id) order by call_id), '{}')
     from call_attempts join contacts on contacts.id = contact_id),
  'answers', (select coalesce(json_agg(split_part(email, '@', 1) order by email), '[]') from survey_responses join contacts on contacts.id = contact_id),
  'events', (select coalesce(json_object_agg(name, json_build_object('kind', kind, 'call', call, 'times', times) order by name), '{}') from (
     select split_part(email, '@', 1) as name, split_part(min(event_type::text), '.', 2) as kind, max(call_id) as call, count(*) as times
     from events join contacts on contacts.id = contact_id left join call_attempts on call_attempts.id = call_attempt_id group by 1) as told),
  'emails', (select coalesce(json_object_agg(split_part(email, '@', 1), json_build_object('status', status, 'kind', type, 'to', split_part(to_email, '@', 1)) order by email), '{}')
     from email_notifications join contacts on contacts.id = contact_id join email_templates on email_templates.id = template_id)
) as world`;

/** What the database holds, in the form of the model. */
export async function read(client: pg.Client): Promise<World> {
  const { rows } = await client.query<{ world: World }>(READ);
  if (rows[0] === undefined) throw new Error('The database answered with no row.');
  return rows[0].world;
}

/** A verdict of the database on one step, taken as a transaction of its own would: the refusal's rule, or null. */
export async function take(client: pg.Client, sql: string): Promise<string | null> {
  try {
    await client.query(
      `savepoint step; ${ids(sql)}; set constraints all immediate; set constraints all deferred; release step`,
    );
    return null;
  } catch (error) {
    await client.query('rollback to savepoint step; set constraints all deferred');
    const { code, constraint, message } = error as pg.DatabaseError;
    if (code?.startsWith('23') !== true) throw error;
    return constraint ?? message;
  }
}

import type { Queryable } from '../../schema/queryable.js';
import type { CampaignsInsert, CampaignsRow, ContactsInsert, ContactsRow } from '../../schema/rows.js';
import { insertRows, rowOf } from './rows.js';

/** A campaign in the database, with the contacts that the builder added. */
export interface Campaign extends CampaignsRow {
  readonly contacts: readonly ContactsRow[];
}

/** The columns of a campaign that a test may choose; the builder sets the status. */
export type CampaignValues = Partial<Omit<CampaignsInsert, 'status'>>;
/** The columns of a contact that a test may choose; the database sets the others. */
export type ContactValues = Partial<
  Pick<
    ContactsInsert,
    | 'phone_number'
    | 'email'
    | 'external_contact_id'
    | 'preferred_language'
    | 'has_prior_consent'
    | 'do_not_call'
  >
>;

/** Describes a campaign. Each method returns another description; {@link CampaignBuilder.in} makes the rows. */
export interface CampaignBuilder {
  /** Sets columns: `.having({ max_attempts: 1 })`. */
  having(values: CampaignValues): CampaignBuilder;
  /** Adds contacts with numbers of their own, and columns that they share: `.with(3, { do_not_call: true })`. */
  with(count: number, values?: ContactValues): CampaignBuilder;
  scheduled(): CampaignBuilder;
  running(): CampaignBuilder;
  paused(): CampaignBuilder;
  completed(): CampaignBuilder;
  cancelled(): CampaignBuilder;
  /**
   * Makes the campaign in a database, also a user and a provider configuration if there is none. A campaign that was started
   * has at least one contact.
   */
  in(database: Queryable): Promise<Campaign>;
}

interface Plan {
  readonly values: CampaignValues;
  /** After draft, in order. */
  readonly statuses: readonly CampaignsRow['status'][];
  readonly contacts: readonly { readonly count: number; readonly values: ContactValues }[];
}

/** May call at any time of the day. */
const DEFAULTS = {
  name: 'Survey',
  intro_script: 'We ask three short questions. Do you agree?',
  question_1_text: 'What should we do better?',
  question_1_type: 'free_text',
  question_2_text: 'How many times did you call us?',
  question_2_type: 'numeric',
  question_3_text: 'How do you like us, from 1 to 10?',
  question_3_type: 'scale',
  allowed_call_start_local: '00:00',
  allowed_call_end_local: '23:59:59.999999',
} as const satisfies CampaignValues;

/** No campaign starts from these without contacts. */
const UNSTARTED: readonly string[] = ['draft', 'scheduled', 'cancelled'];

/**
 * Describes a campaign in draft, which may call at any time of the day.
 *
 * @example
 * ```ts
 * const { id, contacts } = await aCampaign().running().with(10).in(database.pool);
 * ```
 */
export function aCampaign(): CampaignBuilder {
  return builder({ values: {}, statuses: [], contacts: [] });
}

function builder(plan: Plan): CampaignBuilder {
  const through = (...statuses: Plan['statuses']): CampaignBuilder => builder({ ...plan, statuses });
  return {
    having: (values) => builder({ ...plan, values: { ...plan.values, ...values } }),
    with: (count, values = {}) => builder({ ...plan, contacts: [...plan.contacts, { count, values }] }),
    scheduled: () => through('scheduled'),
    running: () => through('running'),
    paused: () => through('running', 'paused'),
    completed: () => through('running', 'completed'),
    cancelled: () => through('cancelled'),
    in: (database) => make(database, plan),
  };
}

async function make(database: Queryable, { values, statuses, contacts }: Plan): Promise<Campaign> {
  await addProvider(database);
  const created_by_user_id = values.created_by_user_id ?? (await findUser(database));
  const [draft] = await insertRows(database, 'campaigns', [{ ...DEFAULTS, ...values, created_by_user_id }]);
  const { id } = draft as CampaignsRow;
  const isStarted = statuses.some((status) => !UNSTARTED.includes(status));
  const groups = isStarted && contacts.length === 0 ? [{ count: 1, values: {} }] : contacts;
  const added: ContactsRow[] = [];
  for (const { count, values: shared } of groups) {
    const rows = Array.from({ length: count }, () => ({
      campaign_id: id,
      phone_number: newPhoneNumber(),
      ...shared,
    }));
    if (count > 0) added.push(...(await insertRows(database, 'contacts', rows)));
  }
  for (const status of statuses) {
    await database.query('update public.campaigns set status = $2 where id = $1', [id, status]);
  }
  const row = await rowOf<CampaignsRow>(database, 'select * from public.campaigns where id = $1', [id]);
  return { ...row, contacts: added };
}

/** No call starts without one. */
async function addProvider(database: Queryable): Promise<void> {
  await database.query(
    `insert into public.provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', 100)
     on conflict do nothing`,
  );
}

async function findUser(database: Queryable): Promise<string> {
  await database.query(
    `insert into public.users (oidc_sub, email, name, role)
     select 'test-manager', 'test-manager@example.com', 'Test Manager', 'campaign_manager'
     where not exists (select from public.users)
     on conflict do nothing`,
  );
  const sql = 'select id from public.users order by created_at, id limit 1';
  return (await rowOf<{ id: string }>(database, sql)).id;
}

let phoneNumbers = 0;

/** A number of an area code that does not exist. */
function newPhoneNumber(): string {
  phoneNumbers += 1;
  return `+4920${String(phoneNumbers).padStart(8, '0')}`;
}

import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Random } from '../../support/random.js';
import { type CalledContact, claim, excludeContact, finish, type RaceContact } from './scripts.js';
import { executeStatement, type TransactionScript } from './sessions.js';

export interface RaceCampaign {
  readonly id: string;
  readonly contacts: readonly RaceContact[];
  readonly first: RaceContact;
}

export interface CampaignOptions {
  /** How many contacts it has; 1 by default. */
  readonly contacts?: number;
  /** The number of the first contact; by default one that no contact has. */
  readonly phone?: string;
  /** `running` by default. */
  readonly status?: string;
}

/** Creates the rows of a race, with a connection that takes no part in it. */
export interface Fixtures {
  readonly random: Random;
  /** Executes a statement and returns the first value of its first row. */
  execute(sql: string, values?: readonly unknown[]): Promise<unknown>;
  /** Executes and commits a transaction. */
  commit(script: TransactionScript): Promise<void>;
  /** Returns a number that no contact has. */
  createPhone(): string;
  createCampaign(options?: CampaignOptions): Promise<RaceCampaign>;
  /** Creates a contact whose first call has just been answered. */
  createCalledContact(): Promise<CalledContact>;
  /** Creates an excluded contact with a failed call, whose number is not listed. */
  createExcludedContact(): Promise<CalledContact>;
  /** Creates a contact that has refused, with its event. */
  createRefusedContact(): Promise<RaceContact>;
  /** Creates a template and returns its id. */
  createTemplate(type: string): Promise<string>;
}

let lastNumber = 1_000_000_000;

export function createFixtures(client: pg.Client, user: string, random: Random): Fixtures {
  const execute: Fixtures['execute'] = async (sql, values = []) => {
    const { rows } = await client.query(sql, [...values]);
    return Object.values(rows[0] ?? {})[0];
  };
  const commit: Fixtures['commit'] = async ({ statements }) => {
    await client.query('begin');
    for (const statement of statements) await executeStatement(client, statement);
    await client.query('commit');
  };
  const createPhone = (): string => `+49${++lastNumber}`;
  const createCampaign: Fixtures['createCampaign'] = async ({
    contacts: count = 1,
    phone = createPhone(),
    status = 'running',
  } = {}) => {
    const id = randomUUID();
    const contacts = Array.from({ length: count }, (_, index) => ({
      id: randomUUID(),
      phone: index === 0 ? phone : createPhone(),
      campaign: id,
    }));
    await execute(
      `insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
         question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local, created_by_user_id)
       values ($1, 'Race', 'Hello', 'One?', 'free_text', 'Two?', 'numeric', 'Three?', 'scale', '00:00', '23:59:59.999999', $2)`,
      [id, user],
    );
    await execute(
      `insert into contacts (id, campaign_id, phone_number, email)
         select contact.id, $1, contact.phone, 'person@example.com'
         from unnest($2::uuid[], $3::text[]) as contact (id, phone)`,
      [id, contacts.map((contact) => contact.id), contacts.map(({ phone }) => phone)],
    );
    if (status !== 'draft') await execute('update campaigns set status = $2 where id = $1', [id, status]);
    const [first] = contacts;
    if (first === undefined) throw new RangeError('A race needs a contact.');
    return { id, contacts, first };
  };
  const createCalledContact: Fixtures['createCalledContact'] = async () => {
    const { first } = await createCampaign();
    const attempt = randomUUID();
    await commit(claim(first, random, attempt));
    return { ...first, attempt };
  };
  const createRefusedContact: Fixtures['createRefusedContact'] = async () => {
    const contact = await createCalledContact();
    await commit(finish(contact, 'refused', random));
    return contact;
  };
  const createExcludedContact: Fixtures['createExcludedContact'] = async () => {
    const contact = await createCalledContact();
    await commit(finish(contact, 'failed', random));
    await commit(excludeContact(contact));
    return contact;
  };
  const createTemplate: Fixtures['createTemplate'] = async (type) => {
    const id = randomUUID();
    await execute(
      "insert into email_templates (id, name, type, subject, body_html) values ($1, 'Race', $2, 's', 'b')",
      [id, type],
    );
    return id;
  };
  return {
    random,
    execute,
    commit,
    createPhone,
    createCampaign,
    createCalledContact,
    createExcludedContact,
    createRefusedContact,
    createTemplate,
  };
}

import { editFunction } from './protections.js';
import type { Race } from './race.js';
import { execute, type RaceContact } from './scripts.js';
import type { TransactionScript } from './sessions.js';

const DROP_TEMPLATE_LOCK = editFunction('check_template_is_unused', 'for update');

const changeType = (template: string): TransactionScript =>
  execute("update email_templates set type = 'completed' where id = $1", template);

const writeEmail = (contact: RaceContact, template: string): TransactionScript =>
  execute(
    `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
       select id, contact_id, campaign_id, $2, 'person@example.com' from events where contact_id = $1
       on conflict do nothing`,
    contact.id,
    template,
  );

/** Races for templates and e-mails: rules 8, 9 and 13. */
export const EMAIL_RACES: Readonly<Record<string, Race>> = {
  'a change of the type of a template races with its use by a campaign': {
    protections: { "the lock of the template's row": DROP_TEMPLATE_LOCK },
    prepare: async ({ createCampaign, createTemplate }) => {
      const { id } = await createCampaign();
      const template = await createTemplate('refused');
      return {
        transactions: [
          execute('update campaigns set email_refused_template_id = $2 where id = $1', id, template),
          changeType(template),
        ],
      };
    },
  },
  'a change of the type of a template races with its use by an e-mail': {
    protections: { "the lock of the template's row": DROP_TEMPLATE_LOCK },
    prepare: async ({ createRefusedContact, createTemplate }) => {
      const contact = await createRefusedContact();
      const template = await createTemplate('refused');
      return { transactions: [writeEmail(contact, template), changeType(template)] };
    },
  },
  'e-mails of one event race with each other': {
    protections: { 'the unique index': 'drop index an_event_sends_one_email' },
    prepare: async ({ createRefusedContact, createTemplate }) => {
      const contact = await createRefusedContact();
      const write = writeEmail(contact, await createTemplate('refused'));
      return { transactions: [write, write, write] };
    },
  },
};

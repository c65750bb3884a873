import { finish, only } from './field.js';
import { cut, type Race } from './race.js';

/** Races for templates and e-mails: rules 8, 9 and 13. */
export const RACES_OF_LETTERS: Readonly<Record<string, Race>> = {
  "a template's kind against its use by a campaign": {
    without: { "the template's lock": cut('check_template_is_unused', 'for update') },
    start: async ({ campaign, template }) => {
      const { id } = await campaign();
      const letter = await template('refused');
      return {
        turns: [
          only('update campaigns set email_refused_template_id = $2 where id = $1', id, letter),
          only("update email_templates set type = 'completed' where id = $1", letter),
        ],
      };
    },
  },
  "a template's kind against its use by an e-mail": {
    without: { "the template's lock": cut('check_template_is_unused', 'for update') },
    start: async (field) => {
      const person = await field.called();
      await field.write('begin');
      for (const [sql, values] of finish(person, 'refused', field.random).steps)
        await field.write(sql, values);
      await field.write('commit');
      const letter = await field.template('refused');
      return {
        turns: [
          only(
            `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
               select id, contact_id, campaign_id, $2, 'person@example.com' from events where contact_id = $1`,
            person.id,
            letter,
          ),
          only("update email_templates set type = 'completed' where id = $1", letter),
        ],
      };
    },
  },
  'one event against two e-mails': {
    without: { 'an index': 'drop index an_event_sends_one_email' },
    start: async (field) => {
      const person = await field.called();
      await field.write('begin');
      for (const [sql, values] of finish(person, 'refused', field.random).steps)
        await field.write(sql, values);
      await field.write('commit');
      const letter = await field.template('refused');
      const write = only(
        `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
           select id, contact_id, campaign_id, $2, 'person@example.com' from events where contact_id = $1 on conflict do nothing`,
        person.id,
        letter,
      );
      return { turns: [write, write, write] };
    },
  },
};

import { withIds } from '../storage/rules/names.js';
import { claim, insertContact, insertDraft, setStatuses } from '../storage/rules/steps.js';

/** A name in the SQL of a document is that of a row, whether the row exists or not. */
const ANY_NAME = { has: () => true };

/** What the SQL of a document about services runs on: a running campaign with two contacts, which are called once each. */
export const campaignOfDocuments: string = withIds(
  `insert into users (id, oidc_sub, email, name) values (:manager, 'manager', 'mara@example.com', 'Mara');
   insert into provider_configs (outbound_number) values ('+4930000000');
   insert into email_templates (id, name, type, subject, body_html) values (:thanks, 'Thanks', 'completed', 'Thanks', 'Thanks');
   ${insertDraft('campaign', { max_attempts: '1', email_completed_template_id: ':thanks' })}
   ${insertContact('contact', '+4920000001', { campaign_id: ':campaign', email: "'one@example.com'" })}
   ${insertContact('another', '+4920000002', { campaign_id: ':campaign' })}
   ${setStatuses('campaign', 'running')}`,
  ANY_NAME,
);

/** A campaign that has not started. */
export const draftOfDocuments: string = withIds(insertDraft('draft'), ANY_NAME);

/** An open call of each of the contacts, for SQL that reports what happens to a call. */
export const callsOfDocuments: string = withIds(
  [
    ['contact', 'call'],
    ['another', 'another_call'],
  ]
    .map(([contact = '', call = '']) =>
      claim(contact, { campaign: 'campaign', ago: '1 hour' }, call).replace(`'${call}'`, `:${call}`),
    )
    .join('\n'),
  ANY_NAME,
);

/** The SQL blocks of a document or a section, in their order, with ids in place of the names of rows, such as `:contact`. */
export function sqlOfDocument(text: string): string[] {
  return Array.from(text.matchAll(/```sql\n(.*?)```/gs), ([, sql = '']) => withIds(sql, ANY_NAME));
}

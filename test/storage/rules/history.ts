import { namesIn } from './names.js';
import {
  answerCall,
  attemptOf,
  type Claim,
  claim,
  endCall,
  insertAnswers,
  insertContact,
  insertDraft,
  insertEmail,
  insertEvent,
  setState,
  setStatuses,
} from './steps.js';

/** The contacts of the running campaign, and their numbers. */
export const PHONES = {
  ada: '+4920000001',
  ben: '+4920000002',
  cleo: '+4920000003',
  dora: '+4920000004',
  emil: '+4920000005',
  fred: '+4920000006',
  gina: '+4920000007',
  hugo: '+4920000008',
  ines: '+4920000009',
  jack: '+4920000010',
  kate: '+4920000011',
  lena: '+4920000012',
  mona: '+4920000013',
  sam: '+4920000014',
} as const;

const template = (name: string, type: string, locale = 'en'): string =>
  `insert into email_templates (id, name, type, locale, subject, body_html)
     values (:${name}, '${name}', '${type}', '${locale}', 'Our survey', '<p>Our survey</p>');`;

/** Claims, answers and ends a call that started some time ago. */
const past = (person: string, outcome: string, state: string, options: Claim = {}): string => {
  const attempt = attemptOf(person, options.number);
  return [
    claim(person, { ago: '3 h', ...options }, attempt),
    outcome === 'completed' || outcome === 'refused' ? answerCall(attempt) : '',
    endCall(attempt, outcome),
    outcome === 'completed' ? insertAnswers(person, attempt) : '',
    setState(person, state, outcome),
  ].join('\n');
};

const published = (kind: string, person: string, number = 1): string =>
  insertEvent(kind, person, attemptOf(person, number), { event: `event_of_${person}` });

const email = (person: string, kind: string): string =>
  insertEmail(`event_of_${person}`, person, kind, { email: `email_to_${person}` });

const HISTORY = `
  insert into users (id, oidc_sub, email, name, role) values
    (:manager, 'manager', 'mara@example.com', 'Mara Manager', 'campaign_manager'),
    (:admin, 'admin', 'abel@example.com', 'Abel Admin', 'admin');
  ${template('thanks', 'completed')} ${template('sorry', 'refused')} ${template('missed', 'not_reached')}
  ${template('grazie', 'completed', 'it')} ${template('spare', 'refused')}
  insert into provider_configs (id, outbound_number, max_concurrent_calls) values (:provider, '+4930000000', 10);

  ${insertDraft('survey', {
    email_completed_template_id: ':thanks',
    email_refused_template_id: ':sorry',
    email_not_reached_template_id: ':missed',
  })}
  ${['plain', 'draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled'].map((name) => insertDraft(name)).join('\n')}
  ${Object.entries(PHONES)
    .map(([person, phone]) =>
      insertContact(person, phone, {
        email: person === 'jack' ? 'null' : `'${person}@example.com'`,
        do_not_call: String(person === 'ines'),
      }),
    )
    .join('\n')}
  ${['plain', 'draft', 'scheduled', 'paused', 'completed', 'cancelled']
    .map((campaign, i) =>
      insertContact(`one_of_${campaign}`, `+492000010${i}`, { campaign_id: `:${campaign}` }),
    )
    .join('\n')}
  insert into exclusion_list_entries (id, phone_number, reason) values (:entry, '${PHONES.ines}', 'Asked for it');
  ${setStatuses('survey', 'running')} ${setStatuses('plain', 'running')} ${setStatuses('scheduled', 'scheduled')}
  ${setStatuses('paused', 'running', 'paused')} ${setStatuses('completed', 'running', 'completed')} ${setStatuses('cancelled', 'cancelled')}

  ${claim('ben', { ago: '2 min' }, attemptOf('ben'))} ${answerCall(attemptOf('ben'))}
  ${claim('cleo', { ago: '30 s' }, attemptOf('cleo'))}
  update call_attempts set provider_call_id = 'key-of-cleo' where id = :${attemptOf('cleo')};
  ${past('dora', 'completed', 'completed')} ${published('completed', 'dora')} ${email('dora', 'thanks')}
  update email_notifications set status = 'sent', provider_message_id = 'message-1' where id = :email_to_dora;
  insert into transcript_snippets (id, call_attempt_id, transcript_text)
    values (:transcript, :${attemptOf('dora')}, 'Do you agree? Yes.');
  ${past('emil', 'refused', 'refused')} ${published('refused', 'emil')}
  ${past('fred', 'no_answer', 'pending', { ago: '8 h' })} ${past('fred', 'busy', 'not_reached', { number: 2 })}
  ${published('not_reached', 'fred', 2)}
  ${past('gina', 'no_answer', 'pending')}
  ${past('hugo', 'busy', 'pending', { ago: '5 min' })}
  ${past('kate', 'refused', 'refused')}
  ${past('lena', 'completed', 'completed')} ${published('completed', 'lena')} ${email('lena', 'thanks')}
  ${past('mona', 'failed', 'not_reached')}
  ${past('sam', 'failed', 'pending', { ago: '8 h' })} ${past('sam', 'no_answer', 'not_reached', { number: 2 })}
`;

/**
 * SQL of a history that complies with every rule. Each test tries its write on it. A running campaign has contacts in
 * every state:
 *
 * - ada and jack are pending; jack has no e-mail address
 * - ben is in a call that was answered, cleo in one that rings
 * - dora completed, and her e-mail was sent; lena completed, and her e-mail is pending
 * - emil refused, which was published but not e-mailed; kate refused, which was not published
 * - fred and sam were not reached in two attempts; fred's outcome was published
 * - gina's retry is due, hugo's is not
 * - ines is excluded
 * - mona was not reached and has one attempt left
 *
 * Another campaign, plain, runs without templates. One each is a draft, an empty draft, scheduled, paused, completed and
 * cancelled.
 */
export const history: string = HISTORY;

/** The names of the rows of the history. */
export const rowsOfHistory: ReadonlySet<string> = namesIn(HISTORY);

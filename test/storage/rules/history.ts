import { namesIn } from './names.js';
import {
  answer,
  answers,
  type Claim,
  call,
  claim,
  draft,
  end,
  leave,
  list,
  move,
  tell,
  write,
} from './steps.js';

/** The people of the running campaign, and their numbers. */
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

/** A whole call of the past. */
const past = (person: string, outcome: string, state: string, options: Claim = {}): string => {
  const attempt = call(person, options.number);
  return [
    claim(person, { ago: '3 h', ...options }, attempt),
    outcome === 'completed' || outcome === 'refused' ? answer(attempt) : '',
    end(attempt, outcome),
    outcome === 'completed' ? answers(person, attempt) : '',
    leave(person, state, outcome),
  ].join('\n');
};

const told = (kind: string, person: string, number = 1): string =>
  tell(kind, person, call(person, number), { event: `event_of_${person}` });

const email = (person: string, kind: string): string =>
  write(`event_of_${person}`, person, kind, { email: `email_to_${person}` });

const HISTORY = `
  insert into users (id, oidc_sub, email, name, role) values
    (:manager, 'manager', 'mara@example.com', 'Mara Manager', 'campaign_manager'),
    (:admin, 'admin', 'abel@example.com', 'Abel Admin', 'admin');
  ${template('thanks', 'completed')} ${template('sorry', 'refused')} ${template('missed', 'not_reached')}
  ${template('grazie', 'completed', 'it')} ${template('spare', 'refused')}
  insert into provider_configs (id, outbound_number, max_concurrent_calls) values (:provider, '+4930000000', 10);

  ${draft('survey', {
    email_completed_template_id: ':thanks',
    email_refused_template_id: ':sorry',
    email_not_reached_template_id: ':missed',
  })}
  ${['plain', 'draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled'].map((name) => draft(name)).join('\n')}
  ${Object.entries(PHONES)
    .map(([person, phone]) =>
      list(person, phone, {
        email: person === 'jack' ? 'null' : `'${person}@example.com'`,
        do_not_call: String(person === 'ines'),
      }),
    )
    .join('\n')}
  ${['plain', 'draft', 'scheduled', 'paused', 'completed', 'cancelled']
    .map((campaign, i) => list(`one_of_${campaign}`, `+492000010${i}`, { campaign_id: `:${campaign}` }))
    .join('\n')}
  insert into exclusion_list_entries (id, phone_number, reason) values (:entry, '${PHONES.ines}', 'Asked for it');
  ${move('survey', 'running')} ${move('plain', 'running')} ${move('scheduled', 'scheduled')}
  ${move('paused', 'running', 'paused')} ${move('completed', 'running', 'completed')} ${move('cancelled', 'cancelled')}

  ${claim('ben', { ago: '2 min' }, call('ben'))} ${answer(call('ben'))}
  ${claim('cleo', { ago: '30 s' }, call('cleo'))}
  update call_attempts set provider_call_id = 'key-of-cleo' where id = :${call('cleo')};
  ${past('dora', 'completed', 'completed')} ${told('completed', 'dora')} ${email('dora', 'thanks')}
  update email_notifications set status = 'sent', provider_message_id = 'message-1' where id = :email_to_dora;
  insert into transcript_snippets (id, call_attempt_id, transcript_text)
    values (:transcript, :${call('dora')}, 'Do you agree? Yes.');
  ${past('emil', 'refused', 'refused')} ${told('refused', 'emil')}
  ${past('fred', 'no_answer', 'pending', { ago: '8 h' })} ${past('fred', 'busy', 'not_reached', { number: 2 })}
  ${told('not_reached', 'fred', 2)}
  ${past('gina', 'no_answer', 'pending')}
  ${past('hugo', 'busy', 'pending', { ago: '5 min' })}
  ${past('kate', 'refused', 'refused')}
  ${past('lena', 'completed', 'completed')} ${told('completed', 'lena')} ${email('lena', 'thanks')}
  ${past('mona', 'failed', 'not_reached')}
  ${past('sam', 'failed', 'pending', { ago: '8 h' })} ${past('sam', 'no_answer', 'not_reached', { number: 2 })}
`;

/**
 * A legal history that every write is tried on, in SQL. A running campaign with people in every state: ada and jack wait
 * (jack has no e-mail address), ben is in a call, cleo's phone rings, dora completed and was written to, emil refused and
 * nothing was sent, fred and sam were not reached (fred was told), gina's retry is due, hugo's is not, ines is excluded,
 * kate refused and was not told, lena's e-mail waits, mona was not reached and has an attempt left. Another campaign runs
 * without templates; one each is a draft, an empty draft, scheduled, paused, completed and cancelled.
 */
export const history: string = HISTORY;

/** The names of its rows. */
export const rowsOfHistory: ReadonlySet<string> = namesIn(HISTORY);

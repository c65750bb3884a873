import { PHONES } from './history.js';
import {
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertContact,
  insertDraft,
  setState,
  setStatuses,
} from './steps.js';
import { correct, forbidden } from './writes.js';

const set = (campaign: string, what: string): string =>
  `update campaigns set ${what} where id = :${campaign};`;

for (const status of ['scheduled', 'running', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `a new campaign with status ${status}`,
    insertDraft('new', { status: `'${status}'` }),
    'a_campaign_begins_as_a_draft',
  );
}
for (const [campaign, ...statuses] of [
  ['draft', 'paused', 'completed'],
  ['scheduled', 'draft', 'paused', 'completed'],
  ['survey', 'draft', 'scheduled'],
  ['paused', 'draft', 'scheduled'],
  ['completed', 'draft', 'scheduled', 'running', 'paused', 'cancelled'],
  ['cancelled', 'draft', 'scheduled', 'running', 'paused', 'completed'],
] as const) {
  for (const status of statuses) {
    forbidden(
      `the campaign "${campaign}" changes to ${status}`,
      setStatuses(campaign, status),
      'a_campaign_changes_status_in_order',
    );
  }
}
forbidden(
  'the start of a campaign without contacts',
  setStatuses('empty', 'running'),
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'the start of a scheduled campaign without contacts',
  `${setStatuses('empty', 'scheduled')} ${setStatuses('empty', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'the start of a campaign whose contacts are deleted in the same transaction',
  `${setStatuses('draft', 'running')} delete from contacts where campaign_id = :draft;`,
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'the start of a campaign whose only contact has do_not_call',
  `update contacts set do_not_call = true where id = :one_of_draft; ${setStatuses('draft', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);
for (const [column, blank] of [
  ['intro_script', "''"],
  ['question_1_text', "'   '"],
  ['question_2_text', "E'\\n\\t'"],
  ['question_3_text', "U&'\\00a0\\2003\\200b'"],
]) {
  forbidden(
    `the start of a campaign whose ${column} is ${blank}`,
    set('draft', `${column} = ${blank}, status = 'running'`),
    'campaign_starts_with_a_script_and_three_questions',
  );
}
forbidden(
  'the start of a campaign whose script was blanked before',
  `${set('draft', "intro_script = ' '")} ${setStatuses('draft', 'running')}`,
  'campaign_starts_with_a_script_and_three_questions',
);
for (const campaign of ['survey', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `a new question in the campaign "${campaign}", which has started`,
    set(campaign, "question_2_text = 'Other?'"),
    'questions_and_max_attempts_are_fixed_from_the_first_start',
  );
}
for (const what of [
  "intro_script = 'Hello'",
  "question_1_text = 'a'",
  "question_1_type = 'scale'",
  "question_2_type = 'scale'",
  "question_3_text = 'a'",
  "question_3_type = 'numeric'",
  "language = 'it'",
  'max_attempts = 5',
]) {
  forbidden(
    `${what} in a paused campaign`,
    set('paused', what),
    'questions_and_max_attempts_are_fixed_from_the_first_start',
  );
}
for (const campaign of ['survey', 'completed', 'cancelled']) {
  for (const what of [
    'retry_interval_minutes = 1',
    "allowed_call_start_local = '08:00'",
    "allowed_call_end_local = '22:00'",
  ]) {
    forbidden(
      `${what} in the campaign "${campaign}"`,
      set(campaign, what),
      'hours_and_interval_are_fixed_while_a_campaign_runs',
    );
  }
}
forbidden(
  'a calling window that ends before it starts',
  set('draft', "allowed_call_start_local = '18:00', allowed_call_end_local = '09:00'"),
  'calling_window_starts_before_it_ends',
);
forbidden(
  'a calling window that ends when it starts',
  set('draft', "allowed_call_start_local = '09:00', allowed_call_end_local = '09:00'"),
  'calling_window_starts_before_it_ends',
);
forbidden(
  'a calling window that ends at 24:00',
  set('draft', "allowed_call_end_local = '24:00'"),
  'calling_window_ends_before_24_00',
);
for (const number of [0, 6, -1])
  forbidden(
    `a campaign with max_attempts ${number}`,
    set('draft', `max_attempts = ${number}`),
    'max_attempts_is_1_to_5',
  );
forbidden(
  'a template of the wrong type in a draft',
  set('draft', 'email_completed_template_id = :sorry'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a template in another language in a draft',
  set('draft', 'email_completed_template_id = :grazie'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a new campaign with a template of the wrong type',
  insertDraft('new', { email_not_reached_template_id: ':thanks' }),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a new language of a campaign whose templates are in the old one',
  `${set('draft', 'email_completed_template_id = :thanks')} ${set('draft', "language = 'it'")}`,
  'templates_of_a_campaign_fit',
);
forbidden(
  'a template of the wrong type in a running campaign',
  set('survey', 'email_completed_template_id = :missed'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a template that does not exist',
  set('draft', 'email_completed_template_id = :new'),
  'completed_template_of_a_campaign_exists',
  '23503',
);
forbidden(
  'the deletion of a running campaign',
  'delete from campaigns where id = :survey;',
  'a_running_campaign_is_not_deleted',
);
forbidden(
  'the deletion of all campaigns while one runs',
  'delete from campaigns;',
  'a_running_campaign_is_not_deleted',
);
forbidden(
  'a campaign whose owner does not exist',
  insertDraft('new', { created_by_user_id: 'gen_random_uuid()' }),
  'campaign_has_an_owner',
  '23503',
);
forbidden(
  'the deletion of a user who owns a campaign',
  'delete from users where id = :manager;',
  'campaign_has_an_owner',
  '23503',
);
forbidden('a campaign with a blank name', insertDraft('new', { name: "' '" }), 'campaign_has_a_name');

correct('a new draft', insertDraft('new'));
correct(
  'a new draft with blank script and questions',
  insertDraft('new', {
    intro_script: "''",
    question_1_text: "''",
    question_2_text: "''",
    question_3_text: "''",
  }),
);
for (const [campaign, ...statuses] of [
  ['draft', 'running'],
  ['draft', 'scheduled', 'running', 'paused', 'running', 'completed'],
  ['draft', 'cancelled'],
  ['scheduled', 'cancelled'],
  ['survey', 'paused', 'completed'],
  ['survey', 'completed'],
  ['survey', 'cancelled'],
  ['paused', 'cancelled'],
] as const) {
  correct(`the campaign "${campaign}" changes to ${statuses.join(', ')}`, setStatuses(campaign, ...statuses));
}
correct(
  'the start of a campaign whose first contact is imported later in the transaction',
  `${setStatuses('empty', 'running')} ${insertContact('new', '+4920009999', { campaign_id: ':empty' })}`,
);
correct(
  'the start of a campaign whose only contact is called in the same transaction',
  `${setStatuses('draft', 'running')} ${claim('one_of_draft', { campaign: 'draft' })}`,
);
correct(
  'a paused campaign resumes without a pending contact',
  `update contacts set do_not_call = true where campaign_id = :paused; ${setStatuses('paused', 'running')}`,
);
correct(
  'new questions, limits, language and templates of a draft',
  set(
    'draft',
    "question_1_text = 'New?', question_1_type = 'scale', max_attempts = 5, retry_interval_minutes = 1, language = 'it', email_completed_template_id = :grazie",
  ),
);
correct(
  'new questions and limits of a scheduled campaign',
  set('scheduled', "question_1_text = 'New?', max_attempts = 1, allowed_call_start_local = '08:00'"),
);
correct(
  'a new calling window and retry interval of a paused campaign',
  set(
    'paused',
    "allowed_call_start_local = '00:00', allowed_call_end_local = '23:59:59.999999', retry_interval_minutes = 1",
  ),
);
correct(
  'a new calling window in the update that pauses the campaign',
  set('survey', "status = 'paused', allowed_call_end_local = '22:00'"),
);
correct(
  'a new name and description of a running campaign',
  set('survey', "name = 'Renamed', description = 'a'"),
);
correct(
  'new templates of a running campaign',
  set('survey', 'email_refused_template_id = :spare, email_completed_template_id = null'),
);
correct(
  'a new language and templates of a draft in several updates of one transaction',
  `${set('draft', 'email_completed_template_id = :thanks')} ${set('draft', "language = 'it'")} ${set('draft', 'email_completed_template_id = :grazie')}`,
);
correct('an update that repeats the status of a campaign', setStatuses('survey', 'running'));
correct('the deletion of an unused template', 'delete from email_templates where id = :spare;');
correct(
  'the deletion of a template that only campaigns use, which sets them null',
  'delete from email_templates where id = :missed;',
  '(select email_not_reached_template_id is null from campaigns where id = :survey)',
);
correct('the deletion of a user without campaigns', 'delete from users where id = :admin;');
for (const campaign of ['draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled']) {
  correct(
    `the deletion of the campaign "${campaign}" with its contacts`,
    `delete from campaigns where id = :${campaign};`,
    `not exists (select from contacts where campaign_id = :${campaign})`,
  );
}
correct(
  'the deletion of a cancelled campaign with all of its calls, answers and events',
  `${setStatuses('survey', 'cancelled')} delete from campaigns where id = :survey;`,
  `not exists (select from events) and not exists (select from contacts where phone_number = '${PHONES.dora}')`,
);
correct(
  'a call that ends after its campaign was completed',
  `${setStatuses('survey', 'completed')} ${endCall(attemptOf('ben'), 'completed', 'now()')} ${insertAnswers('ben', attemptOf('ben'))} ${setState('ben', 'completed')}`,
);

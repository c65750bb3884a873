import { PHONES } from './history.js';
import { answers, call, claim, draft, end, leave, list, move } from './steps.js';
import { correct, forbidden } from './writes.js';

const set = (campaign: string, what: string): string =>
  `update campaigns set ${what} where id = :${campaign};`;

for (const status of ['scheduled', 'running', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `a campaign that begins ${status}`,
    draft('new', { status: `'${status}'` }),
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
      `${campaign} becomes ${status}`,
      move(campaign, status),
      'a_campaign_goes_through_its_life_in_order',
    );
  }
}
forbidden(
  'a start with nobody to call',
  move('empty', 'running'),
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'a start of a schedule with nobody to call',
  `${move('empty', 'scheduled')} ${move('empty', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'a start whose contacts are deleted again',
  `${move('draft', 'running')} delete from contacts where campaign_id = :draft;`,
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'a start with somebody who asked not to be called',
  `update contacts set do_not_call = true where id = :one_of_draft; ${move('draft', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);
for (const [column, blank] of [
  ['intro_script', "''"],
  ['question_1_text', "'   '"],
  ['question_2_text', "E'\\n\\t'"],
  ['question_3_text', "U&'\\00a0\\2003\\200b'"],
]) {
  forbidden(
    `a start with ${column} ${blank}`,
    set('draft', `${column} = ${blank}, status = 'running'`),
    'campaign_starts_with_a_script_and_three_questions',
  );
}
forbidden(
  'a script that is blank from before',
  `${set('draft', "intro_script = ' '")} ${move('draft', 'running')}`,
  'campaign_starts_with_a_script_and_three_questions',
);
for (const campaign of ['survey', 'paused', 'completed', 'cancelled']) {
  forbidden(
    `the questions of ${campaign}`,
    set(campaign, "question_2_text = 'Other?'"),
    'what_is_asked_is_fixed_from_the_first_start',
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
    `${what} of a campaign that is paused`,
    set('paused', what),
    'what_is_asked_is_fixed_from_the_first_start',
  );
}
for (const campaign of ['survey', 'completed', 'cancelled']) {
  for (const what of [
    'retry_interval_minutes = 1',
    "allowed_call_start_local = '08:00'",
    "allowed_call_end_local = '22:00'",
  ]) {
    forbidden(
      `${what} of ${campaign}`,
      set(campaign, what),
      'hours_and_interval_change_only_while_nobody_is_called',
    );
  }
}
forbidden(
  'hours that end before they start',
  set('draft', "allowed_call_start_local = '18:00', allowed_call_end_local = '09:00'"),
  'calling_window_starts_before_it_ends',
);
forbidden(
  'hours of no length',
  set('draft', "allowed_call_start_local = '09:00', allowed_call_end_local = '09:00'"),
  'calling_window_starts_before_it_ends',
);
forbidden(
  'a calling window that ends at 24:00',
  set('draft', "allowed_call_end_local = '24:00'"),
  'calling_window_ends_before_24_00',
);
for (const number of [0, 6, -1])
  forbidden(`max_attempts ${number}`, set('draft', `max_attempts = ${number}`), 'max_attempts_is_1_to_5');
forbidden(
  'a template of the wrong kind',
  set('draft', 'email_completed_template_id = :sorry'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a template of the wrong language',
  set('draft', 'email_completed_template_id = :grazie'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a new campaign with a template of the wrong kind',
  draft('new', { email_not_reached_template_id: ':thanks' }),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a language away from its templates',
  `${set('draft', 'email_completed_template_id = :thanks')} ${set('draft', "language = 'it'")}`,
  'templates_of_a_campaign_fit',
);
forbidden(
  'a wrong template of a running campaign',
  set('survey', 'email_completed_template_id = :missed'),
  'templates_of_a_campaign_fit',
);
forbidden(
  'a template that is not there',
  set('draft', 'email_completed_template_id = :new'),
  'completed_template_of_a_campaign_exists',
  '23503',
);
forbidden(
  'a running campaign is deleted',
  'delete from campaigns where id = :survey;',
  'a_running_campaign_is_not_deleted',
);
forbidden('all campaigns are deleted', 'delete from campaigns;', 'a_running_campaign_is_not_deleted');
forbidden(
  'a campaign of nobody',
  draft('new', { created_by_user_id: 'gen_random_uuid()' }),
  'campaign_has_an_owner',
  '23503',
);
forbidden(
  'a user who owns a campaign is deleted',
  'delete from users where id = :manager;',
  'campaign_has_an_owner',
  '23503',
);
forbidden('a campaign without a name', draft('new', { name: "' '" }), 'campaign_has_a_name');

correct('a draft', draft('new'));
correct(
  'a blank draft',
  draft('new', { intro_script: "''", question_1_text: "''", question_2_text: "''", question_3_text: "''" }),
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
  correct(`${campaign}, then ${statuses.join(', ')}`, move(campaign, ...statuses));
}
correct(
  'a start that the first contact comes after',
  `${move('empty', 'running')} ${list('new', '+4920009999', { campaign_id: ':empty' })}`,
);
correct(
  'a start whose first contact is called in the same transaction',
  `${move('draft', 'running')} ${claim('one_of_draft', { campaign: 'draft' })}`,
);
correct(
  'a resumption with nobody who waits',
  `update contacts set do_not_call = true where campaign_id = :paused; ${move('paused', 'running')}`,
);
correct(
  'a draft is edited',
  set(
    'draft',
    "question_1_text = 'New?', question_1_type = 'scale', max_attempts = 5, retry_interval_minutes = 1, language = 'it', email_completed_template_id = :grazie",
  ),
);
correct(
  'a schedule is edited',
  set('scheduled', "question_1_text = 'New?', max_attempts = 1, allowed_call_start_local = '08:00'"),
);
correct(
  'hours and interval change while it is paused',
  set(
    'paused',
    "allowed_call_start_local = '00:00', allowed_call_end_local = '23:59:59.999999', retry_interval_minutes = 1",
  ),
);
correct('hours change with the pause', set('survey', "status = 'paused', allowed_call_end_local = '22:00'"));
correct('name and description of a running campaign', set('survey', "name = 'Renamed', description = 'a'"));
correct(
  'templates of a running campaign',
  set('survey', 'email_refused_template_id = :spare, email_completed_template_id = null'),
);
correct(
  'language and templates change in two updates',
  `${set('draft', 'email_completed_template_id = :thanks')} ${set('draft', "language = 'it'")} ${set('draft', 'email_completed_template_id = :grazie')}`,
);
correct('a status that is written again', move('survey', 'running'));
correct('a template that nobody uses goes', 'delete from email_templates where id = :spare;');
correct(
  "a template that a campaign uses goes by the foreign key's own set null",
  'delete from email_templates where id = :missed;',
  '(select email_not_reached_template_id is null from campaigns where id = :survey)',
);
correct('a user without campaigns goes', 'delete from users where id = :admin;');
for (const campaign of ['draft', 'empty', 'scheduled', 'paused', 'completed', 'cancelled']) {
  correct(
    `${campaign} is deleted`,
    `delete from campaigns where id = :${campaign};`,
    `not exists (select from contacts where campaign_id = :${campaign})`,
  );
}
correct(
  'a campaign with all that happened in it, once it does not run',
  `${move('survey', 'cancelled')} delete from campaigns where id = :survey;`,
  `not exists (select from events) and not exists (select from contacts where phone_number = '${PHONES.dora}')`,
);
correct(
  'a campaign is completed while a call is open, and the call ends',
  `${move('survey', 'completed')} ${end(call('ben'), 'completed', 'now()')} ${answers('ben', call('ben'))} ${leave('ben', 'completed')}`,
);

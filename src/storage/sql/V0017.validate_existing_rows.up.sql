-- V0017: the rows that were there before hold what V0002 asks of every new row (rules 5, 6, 9, 11, 12, 13).
--
-- Where rows do not, nothing is changed: the error names each constraint that is broken and lists the rows by
-- id, at most 20 of a constraint. Put them right, and run this again. Until then all that is written is held
-- to the rules, and only a row from before may be as it was.
--
-- One constraint waits for V0018, which makes it true: do_not_call_is_never_dialled.
--
-- Safe on a live table: VALIDATE reads, and lets everybody read and write meanwhile.

set search_path = pg_catalog, pg_temp;


do $validate$
declare
  expected record;
  broken record;
  constraints text[] := '{}';
  rows_of_each text[] := '{}';
begin
  for expected in
    select relation, rules
    from (
      values
        ('users', array[
          'user_has_a_name',
          'user_has_an_oidc_subject',
          'email_of_a_user_looks_like_one',
          'user_has_finite_times'
        ]),
        ('email_templates', array[
          'template_has_a_name',
          'template_has_a_body',
          'subject_is_one_line',
          'template_has_finite_times'
        ]),
        ('campaigns', array[
          'campaign_has_a_name',
          'campaign_starts_with_a_script_and_three_questions',
          'retry_interval_is_1_minute_or_more',
          'calling_window_starts_before_it_ends',
          'calling_window_ends_before_24_00',
          'campaign_has_finite_times'
        ]),
        ('contacts', array[
          'phone_number_of_a_contact_is_e164',
          'email_of_a_contact_looks_like_one',
          'attempts_count_is_0_or_more',
          'no_last_attempt_or_outcome_before_the_first_call',
          'contact_has_finite_times'
        ]),
        ('exclusion_list_entries', array[
          'excluded_number_is_e164',
          'exclusion_has_a_finite_time'
        ]),
        ('call_attempts', array[
          'call_id_is_not_blank',
          'provider_call_id_is_not_blank',
          'times_of_a_call_run_forward',
          'call_has_finite_times',
          'call_has_an_outcome_exactly_when_it_has_ended',
          'outcome_agrees_with_answered_at',
          'metadata_is_an_object'
        ]),
        ('survey_responses', array[
          'all_three_answers_are_present',
          'answers_have_a_finite_time'
        ]),
        ('events', array[
          'payload_is_an_object',
          'event_has_a_finite_time'
        ]),
        ('email_notifications', array[
          'email_goes_to_what_looks_like_an_address',
          'notification_has_finite_times'
        ]),
        ('provider_configs', array[
          'provider_has_a_name',
          'language_model_has_a_name',
          'outbound_number_is_e164',
          'configuration_has_finite_times'
        ]),
        ('transcript_snippets', array[
          'transcript_is_not_blank',
          'transcript_holds_no_phone_number',
          'transcript_has_a_finite_time'
        ])
    ) as expected (relation, rules)
  loop
    begin
      -- One statement, so that a table is read once.
      execute (
        select format('alter table public.%I ', expected.relation)
          || string_agg(format('validate constraint %I', rule), ', ')
        from unnest(expected.rules) as rule
      );
    exception
      when check_violation then
        for broken in execute (
          select string_agg(
            format(
              'select %L as rule, count(*) as rows, (array_agg(id order by id))[:20] as ids '
              'from public.%I where not (%s) having count(*) > 0',
              conname, expected.relation, pg_get_expr(conbin, conrelid)
            ),
            ' union all '
          )
          from pg_catalog.pg_constraint
          where conrelid = format('public.%I', expected.relation)::regclass
            and conname = any (expected.rules)
        )
        loop
          constraints := constraints || format('%s of %s (%s)', broken.rule, expected.relation, broken.rows);
          rows_of_each := rows_of_each || format('%s: %s', broken.rule, array_to_string(broken.ids, ', '));
        end loop;
    end;
  end loop;

  if constraints <> '{}' then
    raise exception using
      errcode = 'check_violation',
      message = format('Rows from before break what is asked of every row: %s.', array_to_string(constraints, ', ')),
      detail = format('Ids, at most 20 of each: %s.', array_to_string(rows_of_each, '; ')),
      hint = 'Put these rows right, then run this again.';
  end if;
end
$validate$;

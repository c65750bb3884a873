-- V0017: validates the constraints of V0002 against the rows that existed before (rules 1 to 3, 5, 6, 9 and 11 to 13).
--
-- If rows break a constraint, nothing changes. The error names every broken constraint with the ids of its rows, at
-- most 20 for each. Correct these rows and run this migration again. Until then every row that is written is checked,
-- and only a row that was not written since V0002 may break a rule.
--
-- V0018 validates one more constraint, a_contact_with_do_not_call_is_never_dialled, after it has corrected its rows.
--
-- Safe on a live table: VALIDATE CONSTRAINT reads a table while other sessions read and write it.

set search_path = pg_catalog, pg_temp;


do $validate$
declare
  expected record;
  broken record;
  broken_constraints text[] := '{}';
  broken_ids text[] := '{}';
begin
  for expected in
    select relation, rules
    from (
      values
        ('users', array[
          'user_has_a_name',
          'user_has_an_oidc_subject',
          'email_of_a_user_looks_like_an_address',
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
          'email_of_a_contact_looks_like_an_address',
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
          'to_email_looks_like_an_address',
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
      -- One statement validates all constraints of a table, so that the table is read once.
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
          broken_constraints := broken_constraints
            || format('%s of %s (%s)', broken.rule, expected.relation, broken.rows);
          broken_ids := broken_ids || format('%s: %s', broken.rule, array_to_string(broken.ids, ', '));
        end loop;
    end;
  end loop;

  if broken_constraints <> '{}' then
    raise exception using
      errcode = 'check_violation',
      message = format('Existing rows break these constraints: %s.', array_to_string(broken_constraints, ', ')),
      detail = format('Ids, at most 20 for each: %s.', array_to_string(broken_ids, '; ')),
      hint = 'Correct these rows. Then run this migration again.';
  end if;
end
$validate$;

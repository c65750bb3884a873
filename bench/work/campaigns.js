// @ts-check

/** The id of the campaign with a number, so that a query can name it. */
export const CAMPAIGN_ID = (/** @type {string} */ number) =>
  `('00000000-0000-4000-8000-' || lpad((${number})::text, 12, '0'))::uuid`;

/** Insert a user, templates, a provider configuration and 20 campaigns, of which 15 run. */
export const CAMPAIGN_STATEMENTS = {
  'users, templates and the configuration': `
    insert into users (id, oidc_sub, email, name)
      values ('00000000-0000-4000-9000-000000000001', 'bench', 'bench@example.com', 'Bench');
    insert into email_templates (id, name, type, subject, body_html, locale)
      select ('00000000-0000-4000-a000-' || lpad(row_number() over ()::text, 12, '0'))::uuid, type || ' ' || locale, type,
        'Your interview', '<p>Thank you.</p>', locale
      from unnest(enum_range(null::email_template_type)) as type
      cross join unnest(enum_range(null::campaign_language)) as locale;
    insert into provider_configs (outbound_number, max_concurrent_calls, created_at, updated_at)
      values ('+390200000001', 1000, now() - interval '1 year', now() - interval '1 year');`,

  campaigns: `
    insert into campaigns (id, name, status, language, intro_script, question_1_text, question_1_type, question_2_text,
        question_2_type, question_3_text, question_3_type, max_attempts, retry_interval_minutes,
        allowed_call_start_local, allowed_call_end_local, email_completed_template_id, email_refused_template_id,
        email_not_reached_template_id, created_by_user_id, created_at, updated_at)
      select ${CAMPAIGN_ID('number')}, 'Campaign ' || number,
        (case when number <= 15 then 'running' when number <= 17 then 'paused' when number = 18 then 'completed'
          when number = 19 then 'cancelled' else 'draft' end)::campaign_status,
        'en', 'Hello.', 'What did you like?', 'free_text', 'How many visits?', 'numeric', 'From 1 to 5?', 'scale',
        case number when 1 then 5 when 2 then 3 else 4 end, case number when 2 then 60 * 24 * 60 else 1440 end,
        '00:00', '23:59:59.999999',
        (select id from email_templates where type = 'completed' and locale = 'en'),
        (select id from email_templates where type = 'refused' and locale = 'en'),
        (select id from email_templates where type = 'not_reached' and locale = 'en'),
        '00000000-0000-4000-9000-000000000001', now() - interval '300 days',
        case when number <= 15 then now() - interval '299 days' else now() - interval '1 minute' end
      from generate_series(1, 20) as number;`,
};

/**
 * The rows of the database, as `pg` returns and accepts them: timestamps are `Date`s, `numeric` and `bigint` are
 * strings, `jsonb` is the parsed value. Generated from the migrations by `voicesurvey-db types`; do not edit it.
 * @module
 */

/** A language that the product supports: of a campaign, a template or a transcript. */
export type CampaignLanguage = 'en' | 'it';

/** The status of a campaign: draft, waiting for its start, making calls, paused, or ended as completed or cancelled. Written by the dashboard and the scheduler. */
export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'completed' | 'cancelled';

/** The language to speak to a contact; auto is the language of the campaign. Written by the import. */
export type ContactLanguage = 'en' | 'it' | 'auto';

/** How a call ended: all questions answered, refused, not answered, busy, or failed. Written by the telephony and dialogue services. */
export type ContactOutcome = 'completed' | 'refused' | 'no_answer' | 'busy' | 'failed';

/** The state of a contact: waiting for a call, in a call, or ended as completed, refused, not_reached or excluded. Written by the scheduler and the telephony and dialogue services; excluded also by the import and the dashboard. */
export type ContactState = 'pending' | 'in_progress' | 'completed' | 'refused' | 'not_reached' | 'excluded';

/** The delivery status of an e-mail: waiting, accepted by the mail provider, or failed. Written by the e-mail service. */
export type EmailStatus = 'pending' | 'sent' | 'failed';

/** The contact state that a template is for. It matches the type of the event for which the e-mail is sent. */
export type EmailTemplateType = 'completed' | 'refused' | 'not_reached';

/** What an event announces about a contact: one type for each way in which a contact can end. */
export type EventType = 'survey.completed' | 'survey.refused' | 'survey.not_reached';

/** How a number was added to the exclusion list: from an imported file, by another system through the API, or manually in the dashboard. */
export type ExclusionSource = 'import' | 'api' | 'manual';

/** The vendor of the language model that conducts the conversation. */
export type LlmProvider = 'openai' | 'anthropic' | 'azure-openai' | 'google';

/** The kind of service that places the calls: a telephony API, for which the product runs the language model, or a platform with its own voice agent. */
export type ProviderType = 'telephony_api' | 'voice_ai_platform';

/** The kind of answer that a question asks for: free text, a number, or a number on the scale that the question names. */
export type QuestionType = 'free_text' | 'numeric' | 'scale';

/** What a user may do: admin may do everything, campaign_manager runs campaigns, viewer only reads. Written by an admin in the dashboard. */
export type UserRole = 'admin' | 'campaign_manager' | 'viewer';

/** One dialling of one contact. Facts are added while the call lasts and are final once it has ended. Written by the scheduler when the call starts, and by the telephony and dialogue services when it is answered and ends. */
export interface CallAttemptsRow {
  /** The attempt's key. Written by the server. */
  readonly id: string;
  /** The contact that is dialled. Written by the scheduler. */
  readonly contact_id: string;
  /** The contact's campaign, for which the call is made. Written by the scheduler. */
  readonly campaign_id: string;
  /** The number of the attempt among the contact's attempts, counted from 1. Written by the scheduler. */
  readonly attempt_number: number;
  /** The product's key of the call, assigned before dialling and passed to the provider, so that a retry of the request starts no second call. Written by the scheduler. */
  readonly call_id: string;
  /** The provider's id of the call; null until the provider has accepted it. Written by the telephony service. */
  readonly provider_call_id: string | null;
  /** When dialling began. Written by the scheduler, or by the server as the default. */
  readonly started_at: Date;
  /** When the call was answered; null if it was not, or not yet. Written by the telephony service. */
  readonly answered_at: Date | null;
  /** When the call ended; null while it is open. Written by the telephony service. */
  readonly ended_at: Date | null;
  /** How the call ended; null while it is open. Written by the telephony service, or by the dialogue service if the call was answered. */
  readonly outcome: ContactOutcome | null;
  /** The latest status that the provider reported, in its own words, for support; null before the first. Written by the telephony service. */
  readonly provider_raw_status: string | null;
  /** The provider's error code; null if nothing failed. Written by the telephony service. */
  readonly error_code: string | null;
  /** Other data that the provider reports about the call, and which of its webhooks were processed, as a JSON object; {} or null without such data. Written by the telephony service. Personal data. */
  readonly metadata: unknown;
}

/** The values of an insert into `call_attempts`. One dialling of one contact. Facts are added while the call lasts and are final once it has ended. Written by the scheduler when the call starts, and by the telephony and dialogue services when it is answered and ends. */
export interface CallAttemptsInsert {
  readonly id?: string;
  readonly contact_id: string;
  readonly campaign_id: string;
  readonly attempt_number: number;
  readonly call_id: string;
  readonly provider_call_id?: string | null;
  readonly started_at?: Date | string;
  readonly answered_at?: Date | string | null;
  readonly ended_at?: Date | string | null;
  readonly outcome?: ContactOutcome | null;
  readonly provider_raw_status?: string | null;
  readonly error_code?: string | null;
  readonly metadata?: unknown;
}

/** The values of an update of `call_attempts`. */
export interface CallAttemptsUpdate {
  readonly provider_call_id?: string | null;
  readonly answered_at?: Date | string | null;
  readonly ended_at?: Date | string | null;
  readonly outcome?: ContactOutcome | null;
  readonly provider_raw_status?: string | null;
  readonly error_code?: string | null;
  readonly metadata?: unknown;
}

/** One survey: what the agent says and asks, and when and how often it may call. Written by the dashboard; the status also by the scheduler. */
export interface CampaignsRow {
  /** The campaign's key. Written by the server. */
  readonly id: string;
  /** The name that managers give the campaign. Written by the dashboard. */
  readonly name: string;
  /** A description for managers, never read to a contact; null if none was written. Written by the dashboard. */
  readonly description: string | null;
  /** The status of the campaign; calls start only while it is running. Written by the dashboard, and by the scheduler when the last contact has ended. */
  readonly status: CampaignStatus;
  /** The language of the script and the questions, spoken to contacts whose preferred_language is auto. Written by the dashboard. */
  readonly language: CampaignLanguage;
  /** What the agent says first: who calls, why, for how long, and the question for consent. Written by the dashboard. */
  readonly intro_script: string;
  /** The first question, as the agent asks it. Written by the dashboard. */
  readonly question_1_text: string;
  /** The kind of answer that the first question asks for. Written by the dashboard. */
  readonly question_1_type: QuestionType;
  /** The second question, as the agent asks it. Written by the dashboard. */
  readonly question_2_text: string;
  /** The kind of answer that the second question asks for. Written by the dashboard. */
  readonly question_2_type: QuestionType;
  /** The third question, as the agent asks it. Written by the dashboard. */
  readonly question_3_text: string;
  /** The kind of answer that the third question asks for. Written by the dashboard. */
  readonly question_3_type: QuestionType;
  /** The maximum number of times that a contact is dialled, from 1 to 5. Written by the dashboard. */
  readonly max_attempts: number;
  /** The minimum time between the starts of two calls to a contact, in minutes. Written by the dashboard. */
  readonly retry_interval_minutes: number;
  /** The start of the calling window, inclusive, in the local time of the installation. Written by the dashboard. */
  readonly allowed_call_start_local: string;
  /** The end of the calling window, exclusive, in the local time of the installation. Written by the dashboard. */
  readonly allowed_call_end_local: string;
  /** The template of the e-mail to a contact that completed the survey; null sends no e-mail. Written by the dashboard, and set null by the server when the template is deleted. */
  readonly email_completed_template_id: string | null;
  /** The template of the e-mail to a contact that refused; null sends no e-mail. Written by the dashboard, and set null by the server when the template is deleted. */
  readonly email_refused_template_id: string | null;
  /** The template of the e-mail to a contact that no attempt reached; null sends no e-mail. Written by the dashboard, and set null by the server when the template is deleted. */
  readonly email_not_reached_template_id: string | null;
  /** The user who owns the campaign and cannot be deleted while it exists. Written by the dashboard. */
  readonly created_by_user_id: string;
  /** When the campaign was created. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `campaigns`. One survey: what the agent says and asks, and when and how often it may call. Written by the dashboard; the status also by the scheduler. */
export interface CampaignsInsert {
  readonly id?: string;
  readonly name: string;
  readonly description?: string | null;
  readonly status?: CampaignStatus;
  readonly language?: CampaignLanguage;
  readonly intro_script: string;
  readonly question_1_text: string;
  readonly question_1_type: QuestionType;
  readonly question_2_text: string;
  readonly question_2_type: QuestionType;
  readonly question_3_text: string;
  readonly question_3_type: QuestionType;
  readonly max_attempts?: number;
  readonly retry_interval_minutes?: number;
  readonly allowed_call_start_local?: string;
  readonly allowed_call_end_local?: string;
  readonly email_completed_template_id?: string | null;
  readonly email_refused_template_id?: string | null;
  readonly email_not_reached_template_id?: string | null;
  readonly created_by_user_id: string;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `campaigns`. */
export interface CampaignsUpdate {
  readonly name?: string;
  readonly description?: string | null;
  readonly email_completed_template_id?: string | null;
  readonly email_refused_template_id?: string | null;
  readonly email_not_reached_template_id?: string | null;
  readonly created_by_user_id?: string;
  readonly updated_at?: Date | string;
}

/** A person on the list of one campaign; a person on two lists has two rows. Written by the import, then by the scheduler and the telephony and dialogue services. Deleting the row erases the person from the campaign. */
export interface ContactsRow {
  /** The contact's key. Written by the server. */
  readonly id: string;
  /** The campaign that lists the contact; it never changes. Written by the import. */
  readonly campaign_id: string;
  /** The contact's key in the customer's own system; null if the list has none. Written by the import. Personal data. */
  readonly external_contact_id: string | null;
  /** The number to dial, in E.164. Written by the import. Personal data. */
  readonly phone_number: string;
  /** The address for the e-mail after the call; null sends no e-mail. Written by the import. Personal data. */
  readonly email: string | null;
  /** The language to speak to the contact; auto is the language of the campaign. Written by the import. */
  readonly preferred_language: ContactLanguage;
  /** Whether the contact had agreed to be called before the list was uploaded. Written by the import. */
  readonly has_prior_consent: boolean;
  /** Whether the contact must not be called; such a contact is excluded. Written by the import and the dashboard. */
  readonly do_not_call: boolean;
  /** The state of the contact. Written by the scheduler when it claims or returns the contact, by the telephony and dialogue services when a call ends, and by the import and the dashboard when they exclude a number. */
  readonly state: ContactState;
  /** How many times the contact has been dialled; it never decreases. Written by the scheduler with each attempt. */
  readonly attempts_count: number;
  /** When the latest attempt started; null before the first. Written by the scheduler with each attempt; from V0012 on, set by the server. */
  readonly last_attempt_at: Date | null;
  /** The outcome of the latest attempt that has ended; null until one has ended. Written by the telephony and dialogue services. */
  readonly last_outcome: ContactOutcome | null;
  /** When the contact was imported. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `contacts`. A person on the list of one campaign; a person on two lists has two rows. Written by the import, then by the scheduler and the telephony and dialogue services. Deleting the row erases the person from the campaign. */
export interface ContactsInsert {
  readonly id?: string;
  readonly campaign_id: string;
  readonly external_contact_id?: string | null;
  readonly phone_number: string;
  readonly email?: string | null;
  readonly preferred_language?: ContactLanguage;
  readonly has_prior_consent?: boolean;
  readonly do_not_call?: boolean;
  readonly state?: ContactState;
  readonly attempts_count?: number;
  readonly last_attempt_at?: Date | string | null;
  readonly last_outcome?: ContactOutcome | null;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `contacts`. */
export interface ContactsUpdate {
  readonly external_contact_id?: string | null;
  readonly phone_number?: string;
  readonly email?: string | null;
  readonly preferred_language?: ContactLanguage;
  readonly has_prior_consent?: boolean;
  readonly do_not_call?: boolean;
  readonly state?: ContactState;
  readonly attempts_count?: number;
  readonly last_attempt_at?: Date | string | null;
  readonly last_outcome?: ContactOutcome | null;
  readonly updated_at?: Date | string;
}

/** One e-mail to one contact for one event, before and after it is sent. Written by the e-mail service. */
export interface EmailNotificationsRow {
  /** The notification's key. Written by the server. */
  readonly id: string;
  /** The event for which the e-mail is sent. Written by the e-mail service. */
  readonly event_id: string;
  /** The contact that receives the e-mail. Written by the e-mail service. */
  readonly contact_id: string;
  /** The contact's campaign. Written by the e-mail service. */
  readonly campaign_id: string;
  /** The template of the e-mail, which cannot be deleted while the row exists. Written by the e-mail service. */
  readonly template_id: string;
  /** The address that the e-mail is sent to: the contact's address at that time. Written by the e-mail service. Personal data. */
  readonly to_email: string;
  /** The delivery status of the e-mail. Written by the e-mail service. */
  readonly status: EmailStatus;
  /** The mail provider's id of the message; null until the provider has accepted it. Written by the e-mail service. */
  readonly provider_message_id: string | null;
  /** The mail provider's error message, which may contain the address; null if sending did not fail. Written by the e-mail service. Personal data. */
  readonly error_message: string | null;
  /** When the notification was created. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `email_notifications`. One e-mail to one contact for one event, before and after it is sent. Written by the e-mail service. */
export interface EmailNotificationsInsert {
  readonly id?: string;
  readonly event_id: string;
  readonly contact_id: string;
  readonly campaign_id: string;
  readonly template_id: string;
  readonly to_email: string;
  readonly status?: EmailStatus;
  readonly provider_message_id?: string | null;
  readonly error_message?: string | null;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `email_notifications`. */
export interface EmailNotificationsUpdate {
  readonly template_id?: string;
  readonly to_email?: string;
  readonly status?: EmailStatus;
  readonly provider_message_id?: string | null;
  readonly error_message?: string | null;
  readonly updated_at?: Date | string;
}

/** An e-mail that is sent after a call, for one contact state and in one language. Written by the dashboard. */
export interface EmailTemplatesRow {
  /** The template's key. Written by the server. */
  readonly id: string;
  /** The name by which managers choose the template. Written by the dashboard. */
  readonly name: string;
  /** The contact state that the template is for. Written by the dashboard. */
  readonly type: EmailTemplateType;
  /** The subject line of the e-mail. Written by the dashboard. */
  readonly subject: string;
  /** The body of the e-mail as HTML. Written by the dashboard. */
  readonly body_html: string;
  /** The same body as plain text, for mail clients that show no HTML; null if none was written. Written by the dashboard. */
  readonly body_text: string | null;
  /** The language of the template. Written by the dashboard. */
  readonly locale: CampaignLanguage;
  /** When the template was created. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `email_templates`. An e-mail that is sent after a call, for one contact state and in one language. Written by the dashboard. */
export interface EmailTemplatesInsert {
  readonly id?: string;
  readonly name: string;
  readonly type: EmailTemplateType;
  readonly subject: string;
  readonly body_html: string;
  readonly body_text?: string | null;
  readonly locale?: CampaignLanguage;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `email_templates`. */
export interface EmailTemplatesUpdate {
  readonly name?: string;
  readonly type?: EmailTemplateType;
  readonly subject?: string;
  readonly body_html?: string;
  readonly body_text?: string | null;
  readonly locale?: CampaignLanguage;
  readonly updated_at?: Date | string;
}

/** What is published to other services: that a contact has ended, and how. Written by the dialogue and telephony services, in the transaction that ends the contact or later. Read by the e-mail service and other systems. */
export interface EventsRow {
  /** The event's key, by which readers detect duplicates. Written by the server. */
  readonly id: string;
  /** How the contact ended. Written by the dialogue and telephony services. */
  readonly event_type: EventType;
  /** The contact's campaign. Written by the dialogue and telephony services. */
  readonly campaign_id: string;
  /** The contact that has ended. Written by the dialogue and telephony services. */
  readonly contact_id: string;
  /** The attempt that led to the event; null if it was deleted. Written by the dialogue and telephony services, and set null by the server. */
  readonly call_attempt_id: string | null;
  /** Further data for readers, such as the number of attempts and the answers, as a JSON object. Written by the dialogue and telephony services. Personal data. */
  readonly payload: unknown;
  /** When the event was published. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `events`. What is published to other services: that a contact has ended, and how. Written by the dialogue and telephony services, in the transaction that ends the contact or later. Read by the e-mail service and other systems. */
export interface EventsInsert {
  readonly id?: string;
  readonly event_type: EventType;
  readonly campaign_id: string;
  readonly contact_id: string;
  readonly call_attempt_id?: string | null;
  readonly payload?: unknown;
  readonly created_at?: Date | string;
}

/** The values of an update of `events`. */
export interface EventsUpdate {
  readonly event_type?: EventType;
  readonly campaign_id?: string;
  readonly contact_id?: string;
  readonly call_attempt_id?: string | null;
  readonly payload?: unknown;
}

/** Numbers that must not be dialled in any campaign, from the moment they are listed. Written by the import, by other systems through the API, and by the dashboard. An entry remains when its person's contacts are erased. */
export interface ExclusionListEntriesRow {
  /** The entry's key. Written by the server. */
  readonly id: string;
  /** The number that must not be dialled, in E.164. Written by the import, the API and the dashboard. Personal data. */
  readonly phone_number: string;
  /** Why the number is listed, in free text; null if no reason was given. Written by the import, the API and the dashboard. Personal data. */
  readonly reason: string | null;
  /** How the number was added. Written by the import, the API and the dashboard. */
  readonly source: ExclusionSource;
  /** When the number was listed. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `exclusion_list_entries`. Numbers that must not be dialled in any campaign, from the moment they are listed. Written by the import, by other systems through the API, and by the dashboard. An entry remains when its person's contacts are erased. */
export interface ExclusionListEntriesInsert {
  readonly id?: string;
  readonly phone_number: string;
  readonly reason?: string | null;
  readonly source?: ExclusionSource;
  readonly created_at?: Date | string;
}

/** The values of an update of `exclusion_list_entries`. */
export interface ExclusionListEntriesUpdate {
  readonly phone_number?: string;
  readonly reason?: string | null;
  readonly source?: ExclusionSource;
}

/** The telephony and language-model settings of the installation, in one row. Without the row no call starts. It contains no secrets. Written by an admin in the dashboard. */
export interface ProviderConfigsRow {
  /** The configuration's key. Written by the server. */
  readonly id: string;
  /** The kind of service that places the calls. Written by the dashboard. */
  readonly provider_type: ProviderType;
  /** The name of the provider of that service. Written by the dashboard. */
  readonly provider_name: string;
  /** The caller ID that contacts see, in E.164. Written by the dashboard. */
  readonly outbound_number: string;
  /** The maximum number of open calls in all campaigns together, 1 or more. Written by the dashboard. */
  readonly max_concurrent_calls: number;
  /** The vendor of the language model that conducts the conversation. Written by the dashboard. */
  readonly llm_provider: LlmProvider;
  /** The vendor's name of the language model. Written by the dashboard. */
  readonly llm_model: string;
  /** How long a recording is retained, in days, 1 or more. Written by the dashboard. */
  readonly recording_retention_days: number;
  /** How long a transcript is retained, in days, 1 or more. Written by the dashboard. */
  readonly transcript_retention_days: number;
  /** When the configuration was created. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `provider_configs`. The telephony and language-model settings of the installation, in one row. Without the row no call starts. It contains no secrets. Written by an admin in the dashboard. */
export interface ProviderConfigsInsert {
  readonly id?: string;
  readonly provider_type?: ProviderType;
  readonly provider_name?: string;
  readonly outbound_number: string;
  readonly max_concurrent_calls?: number;
  readonly llm_provider?: LlmProvider;
  readonly llm_model?: string;
  readonly recording_retention_days?: number;
  readonly transcript_retention_days?: number;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `provider_configs`. */
export interface ProviderConfigsUpdate {
  readonly provider_type?: ProviderType;
  readonly provider_name?: string;
  readonly outbound_number?: string;
  readonly max_concurrent_calls?: number;
  readonly llm_provider?: LlmProvider;
  readonly llm_model?: string;
  readonly recording_retention_days?: number;
  readonly transcript_retention_days?: number;
  readonly updated_at?: Date | string;
}

/** The three answers of one contact in one campaign. Written by the dialogue service, as one row, when the last question is answered. */
export interface SurveyResponsesRow {
  /** The response's key. Written by the server. */
  readonly id: string;
  /** The contact that answered. Written by the dialogue service. */
  readonly contact_id: string;
  /** The contact's campaign, whose questions were asked. Written by the dialogue service. */
  readonly campaign_id: string;
  /** The attempt in which the contact answered. Written by the dialogue service. */
  readonly call_attempt_id: string;
  /** The answer to the first question, as the agent understood it. Written by the dialogue service. Personal data. */
  readonly q1_answer: string | null;
  /** The answer to the second question, as the agent understood it. Written by the dialogue service. Personal data. */
  readonly q2_answer: string | null;
  /** The answer to the third question, as the agent understood it. Written by the dialogue service. Personal data. */
  readonly q3_answer: string | null;
  /** The agent's confidence that it understood the first answer, from 0 to 1; null if unknown. Written by the dialogue service. */
  readonly q1_confidence: string | null;
  /** The agent's confidence that it understood the second answer, from 0 to 1; null if unknown. Written by the dialogue service. */
  readonly q2_confidence: string | null;
  /** The agent's confidence that it understood the third answer, from 0 to 1; null if unknown. Written by the dialogue service. */
  readonly q3_confidence: string | null;
  /** When the last question was answered. Written by the dialogue service, or by the server as the default. */
  readonly completed_at: Date;
}

/** The values of an insert into `survey_responses`. The three answers of one contact in one campaign. Written by the dialogue service, as one row, when the last question is answered. */
export interface SurveyResponsesInsert {
  readonly id?: string;
  readonly contact_id: string;
  readonly campaign_id: string;
  readonly call_attempt_id: string;
  readonly q1_answer?: string | null;
  readonly q2_answer?: string | null;
  readonly q3_answer?: string | null;
  readonly q1_confidence?: string | number | bigint | null;
  readonly q2_confidence?: string | number | bigint | null;
  readonly q3_confidence?: string | number | bigint | null;
  readonly completed_at?: Date | string;
}

/** The redacted transcript of a call, in one or more snippets. Written by the dialogue service; deleted after the retention days of the provider configuration. */
export interface TranscriptSnippetsRow {
  /** The snippet's key. Written by the server. */
  readonly id: string;
  /** The call that was transcribed. Written by the dialogue service. */
  readonly call_attempt_id: string;
  /** What the agent and the contact said, without telephone numbers. Written by the dialogue service. Personal data. */
  readonly transcript_text: string;
  /** The language that was spoken. Written by the dialogue service. */
  readonly language: CampaignLanguage;
  /** When the snippet was written; its retention days count from then. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `transcript_snippets`. The redacted transcript of a call, in one or more snippets. Written by the dialogue service; deleted after the retention days of the provider configuration. */
export interface TranscriptSnippetsInsert {
  readonly id?: string;
  readonly call_attempt_id: string;
  readonly transcript_text: string;
  readonly language?: CampaignLanguage;
  readonly created_at?: Date | string;
}

/** The values of an update of `transcript_snippets`. */
export interface TranscriptSnippetsUpdate {
  readonly transcript_text?: string;
  readonly language?: CampaignLanguage;
}

/** People who log in to the dashboard through OIDC. Written by the login service; the role is written by the dashboard. */
export interface UsersRow {
  /** The user's key. Written by the server. */
  readonly id: string;
  /** The user's subject (sub) at the OIDC identity provider; it stays the same when the e-mail address changes. Written by the login service. Personal data. */
  readonly oidc_sub: string;
  /** The user's e-mail address, as the identity provider reports it. Written by the login service. Personal data. */
  readonly email: string;
  /** The user's name, as the dashboard shows it. Written by the login service. Personal data. */
  readonly name: string;
  /** What the user may do; viewer at the first login. Written by an admin in the dashboard. */
  readonly role: UserRole;
  /** When the user first logged in. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `users`. People who log in to the dashboard through OIDC. Written by the login service; the role is written by the dashboard. */
export interface UsersInsert {
  readonly id?: string;
  readonly oidc_sub: string;
  readonly email: string;
  readonly name: string;
  readonly role?: UserRole;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The values of an update of `users`. */
export interface UsersUpdate {
  readonly oidc_sub?: string;
  readonly email?: string;
  readonly name?: string;
  readonly role?: UserRole;
  readonly updated_at?: Date | string;
}

/** Decisions and who made them: changes of a campaign's status, of the exclusion list and of the configuration, erasures and purges. Rows are only appended, by triggers, and outlive what they refer to. */
export interface VoicesurveyAuditLogRow {
  /** The row's id. Written by the database. */
  readonly id: string;
  /** The start of the transaction that made the change. Written by the database. */
  readonly recorded_at: Date;
  /** The role that logged in (session_user). Written by the triggers. */
  readonly role: string;
  /** Who made the change, as the session claims: the setting voicesurvey.actor, its first 100 characters. Written by the triggers. */
  readonly actor: string | null;
  /** status_changed, campaign_deleted, exclusions_added, exclusions_changed, exclusions_removed, configuration_changed, contacts_erased or data_purged. Written by the triggers. */
  readonly action: string;
  /** The ids of the campaign, of the exclusion list entries or of the configuration; empty for an entry that the erasure of a contact has listed, or the replacement of its number. Written by the triggers. */
  readonly object_ids: (string | null)[];
  /** Why: the setting voicesurvey.reason, which lift_exclusion sets, if it is a code; other_reason if it is another text. Written by the triggers. */
  readonly reason: string | null;
  /** from and to (statuses), source (of entries), table, operation and fields (of a configuration), or counts. Written by the triggers. */
  readonly details: unknown;
}

/** The time zone and calling days of a campaign. A campaign without a row has those of the installation. Written by set_calling_time. */
export interface VoicesurveyCampaignSettingsRow {
  /** The campaign. Written by set_calling_time. */
  readonly campaign_id: string;
  /** UTC or an Area/Location name, in which the calling window and the calling days are. Null: that of the installation. Written by set_calling_time. */
  readonly time_zone: string | null;
  /** The weekdays on which calls start, 1 for Monday to 7 for Sunday. Null: all seven. Written by set_calling_time. */
  readonly calling_days: (number | null)[] | null;
}

/** The services that receive events. Each gets every event that is inserted from its registration on. Written by add_consumer and remove_consumer. */
export interface VoicesurveyConsumersRow {
  /** The name that the service passes to claim_events. Written by add_consumer. */
  readonly name: string;
  /** When the consumer was registered. Written by the server. */
  readonly created_at: Date;
}

/** Events whose e-mail has not been sent and has not failed for good. An event that sends no e-mail has no row. Written by the trigger of events, by claim_emails, email_sent and email_failed. */
export interface VoicesurveyEmailQueueRow {
  /** The event that sends the e-mail. Written by the trigger of events. */
  readonly event_id: string;
  /** The e-mail in email_notifications; null until it is claimed for the first time. Written by claim_emails. */
  readonly notification_id: string | null;
  /** When the e-mail may be handed out next: the end of the lease, or of the pause after a failure. Written by claim_emails and email_failed. */
  readonly due_at: Date;
  /** How many times the e-mail was handed out. Written by claim_emails. */
  readonly sends_count: number;
}

/** Events that a consumer has not received yet; a delivered event has no row. Written by the trigger of events, by claim_events, event_delivered, event_failed and retry_dead_events. */
export interface VoicesurveyEventDeliveriesRow {
  /** The event. Written by the trigger of events and by add_consumer. */
  readonly event_id: string;
  /** The consumer that gets the event. Written by the trigger of events and by add_consumer. */
  readonly consumer: string;
  /** When the event may be handed out next: the end of the lease, or of the pause after a failure. Written by claim_events and event_failed. */
  readonly due_at: Date;
  /** How many times the event was handed out. Written by claim_events. */
  readonly deliveries_count: number;
  /** Whether the event failed too often and is handed out no more, until retry_dead_events. Written by event_failed. */
  readonly is_dead: boolean;
  /** What the consumer reported last, at most 1,000 characters. Written by event_failed. Personal data, if the consumer writes such data. */
  readonly last_error: string | null;
}

/** Calls that the provider reported as over and whose outcome is not known yet. Such a call no longer counts as open for the limit of calls (rule 4). Written by record_hang_up, and deleted when the outcome arrives. */
export interface VoicesurveyHangUpsRow {
  /** The attempt. Written by record_hang_up. */
  readonly call_attempt_id: string;
  /** When the call ended, by the provider's clock; becomes ended_at of the attempt. Written by record_hang_up. */
  readonly ended_at: Date;
  /** The provider's own status of the call. Written by record_hang_up. */
  readonly provider_raw_status: string | null;
  /** When the hang-up was noted. Written by the database. */
  readonly noted_at: Date;
}

/** The recordings that a worker has yet to delete at the provider: of erased calls, and past recording_retention_days. Outlives the calls. Written by a trigger and by expired_recordings; a row is deleted by recording_deleted. */
export interface VoicesurveyRecordingsToDeleteRow {
  /** The provider's id of the call. Written when the row is inserted. */
  readonly provider_call_id: string;
  /** When the row was inserted. Written by the database. */
  readonly noted_at: Date;
  /** When the recording may be handed out: immediately; 12 hours after the start of a call that was erased before its end was reported; or when the lease of a worker ends. Written by the trigger and by expired_recordings. */
  readonly due_at: Date;
}

/** What erased contacts and deleted attempts added to the statistics of their campaign. The sum of a campaign's rows is added to what is counted in the tables. Holds no personal data. Written by triggers; deleted with the campaign. */
export interface VoicesurveyTalliesRow {
  /** The row's id. Written by the database. */
  readonly id: string;
  /** The campaign. No foreign key: see V0025. Written by the triggers. */
  readonly campaign_id: string;
  /** The quarter of an hour in which the attempts of the row started; null in a row that counts contacts. Written by the triggers. */
  readonly called_at: Date | null;
  /** How many erased contacts were pending. Written by tally_contacts. */
  readonly contacts_pending: string;
  /** How many erased contacts were in a call. Written by tally_contacts. */
  readonly contacts_in_progress: string;
  /** How many erased contacts had completed. Written by tally_contacts. */
  readonly contacts_completed: string;
  /** How many erased contacts had refused. Written by tally_contacts. */
  readonly contacts_refused: string;
  /** How many erased contacts were not reached. Written by tally_contacts. */
  readonly contacts_not_reached: string;
  /** How many of contacts_not_reached had failed as their last outcome (O of AAPOR). Written by tally_contacts. */
  readonly contacts_not_reached_failed: string;
  /** How many erased contacts were excluded. Written by tally_contacts. */
  readonly contacts_excluded: string;
  /** The sum of attempts_count of the erased contacts. Written by tally_contacts. */
  readonly attempts_count: string;
  /** How many deleted attempts had the outcome completed. Written by tally_attempts. */
  readonly calls_completed: string;
  /** How many deleted attempts had the outcome refused. Written by tally_attempts. */
  readonly calls_refused: string;
  /** How many deleted attempts had the outcome no_answer. Written by tally_attempts. */
  readonly calls_no_answer: string;
  /** How many deleted attempts had the outcome busy. Written by tally_attempts. */
  readonly calls_busy: string;
  /** How many deleted attempts had the outcome failed. Written by tally_attempts. */
  readonly calls_failed: string;
  /** How many deleted attempts were open. Written by tally_attempts. */
  readonly calls_without_outcome: string;
  /** How many deleted attempts were answered and had ended. Written by tally_attempts. */
  readonly calls_answered: string;
  /** The sum of the seconds from start to end of the deleted attempts that had ended. Written by tally_attempts. */
  readonly call_seconds: string;
  /** The sum of the seconds from answer to end of the deleted attempts that had ended. Written by tally_attempts. */
  readonly talk_seconds: string;
}

/** Last attempts that close_stale_call ended and whose contact's result is not published yet, because the end may still be reported. Written by close_stale_call; deleted when the end is replaced or the result published. */
export interface VoicesurveyUnpublishedEndsRow {
  /** The attempt. Written by close_stale_call. */
  readonly call_attempt_id: string;
  /** When the call was closed. Written by the server. */
  readonly closed_at: Date;
}

/** One row for each contact that has ended: completed, refused, or not_reached with all attempts used up or in a campaign that has ended. Times of the last call, the answers, and the numbers in them. Personal data. */
export interface VoicesurveyCampaignExportRow {
  readonly campaign_id: string | null;
  readonly contact_id: string | null;
  readonly external_contact_id: string | null;
  readonly phone_number: string | null;
  readonly outcome: ContactState | null;
  readonly attempt_count: number | null;
  readonly last_attempt_at: Date | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly completed_at: Date | null;
  readonly q1_answer: string | null;
  readonly q2_answer: string | null;
  readonly q3_answer: string | null;
  readonly q1_number: string | null;
  readonly q2_number: string | null;
  readonly q3_number: string | null;
}

/** All campaigns with the numbers of their contacts by state. */
export interface VoicesurveyCampaignOverviewRow {
  readonly campaign_id: string | null;
  readonly name: string | null;
  readonly status: CampaignStatus | null;
  readonly language: CampaignLanguage | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly contacts: number | null;
  readonly pending: number | null;
  readonly in_progress: number | null;
  readonly completed: number | null;
  readonly refused: number | null;
  readonly not_reached: number | null;
  readonly excluded: number | null;
}

/** What an event announces: its type, campaign, contact and call, the call's times and outcome, the number of attempts, and the answers of a completed survey. Contains personal data: the answers and external_contact_id. */
export interface VoicesurveyEventPayloadsRow {
  readonly event_id: string | null;
  readonly event_type: EventType | null;
  readonly created_at: Date | null;
  readonly campaign_id: string | null;
  readonly contact_id: string | null;
  readonly external_contact_id: string | null;
  readonly call_attempt_id: string | null;
  readonly call_id: string | null;
  readonly started_at: Date | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: ContactOutcome | null;
  readonly attempts_count: number | null;
  readonly q1_answer: string | null;
  readonly q2_answer: string | null;
  readonly q3_answer: string | null;
  readonly payload: unknown;
}

/** What a monitoring system watches: a number for each measure, and the age of its oldest in seconds, null if there is none. due_contacts counts at most 1,000 of each running campaign, at any time of the day; expired_transcripts at most 1,000. Without personal data. */
export interface VoicesurveyHealthRow {
  /** The name of the measure, such as due_contacts. */
  readonly measure: string | null;
  /** How many there are. */
  readonly number: number | null;
  /** How long the oldest has been there, in seconds; null if there is none. */
  readonly oldest_seconds: number | null;
}

/** Registers a service that receives events. It gets all later events, and those that exist since a time, if one is given. Returns how many it gets of these; 0 if the consumer exists. Locks the table of events SHARE until the end of the transaction. Example: select voicesurvey.add_consumer('crm'). */
export interface VoicesurveyAddConsumerArguments {
  readonly consumer: string | null;
  readonly since?: Date | string | null;
}

/** The result of `voicesurvey.add_consumer(text, timestamp with time zone)`. */
export type VoicesurveyAddConsumerResult = number | null;

/** What is known of one call, found by call_id or provider_call_id: contact, times, outcome, answers, transcripts, event and e-mail. No row if there is no such call. Personal data. */
export interface VoicesurveyCallDetailArguments {
  readonly call: string | null;
}

/** The result of `voicesurvey.call_detail(text)`, of each row. */
export interface VoicesurveyCallDetailResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly provider_call_id: string | null;
  readonly campaign_id: string | null;
  readonly campaign_name: string | null;
  readonly contact_id: string | null;
  readonly external_contact_id: string | null;
  readonly phone_number: string | null;
  readonly contact_state: ContactState | null;
  readonly attempt_number: number | null;
  readonly started_at: Date | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: ContactOutcome | null;
  readonly provider_raw_status: string | null;
  readonly error_code: string | null;
  readonly q1_answer: string | null;
  readonly q2_answer: string | null;
  readonly q3_answer: string | null;
  readonly transcripts: (string | null)[] | null;
  readonly event_type: EventType | null;
  readonly email_status: EmailStatus | null;
}

/** The calls of a campaign by hour, day, week or month in the campaign's time zone, from the first call to the last, also for periods without a call. Errors: campaign_is_known, unit_is_hour_day_week_or_month. */
export interface VoicesurveyCallsOverTimeArguments {
  readonly campaign: string | null;
  readonly unit?: string | null;
}

/** The result of `voicesurvey.calls_over_time(uuid, text)`, of each row. */
export interface VoicesurveyCallsOverTimeResult {
  readonly local_start: Date | null;
  readonly calls: number | null;
  readonly answered_calls: number | null;
  readonly completed_calls: number | null;
  readonly refused_calls: number | null;
  readonly no_answer_calls: number | null;
  readonly busy_calls: number | null;
  readonly failed_calls: number | null;
}

/** The counts of a campaign's contacts by state and of its calls by outcome, the answered calls and their seconds, and the rates of AAPOR, Standard Definitions, 10th edition, 2023, with I = completed, R = refused, O = not_reached after a failed call, NC = not_reached otherwise, UH = pending or in_progress; excluded contacts do not count. Response Rate 1: I / (I + R + O + NC + UH). Cooperation Rate 1: I / (I + R + O). Refusal Rate 1: R / (I + R + O + NC + UH). Contact Rate 1: (I + R + O) / (I + R + O + NC + UH). Null if the divisor is 0. Error: campaign_is_known. */
export interface VoicesurveyCampaignStatisticsArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.campaign_statistics(uuid)`, of each row. */
export interface VoicesurveyCampaignStatisticsResult {
  readonly campaign_id: string | null;
  readonly contacts: number | null;
  readonly pending: number | null;
  readonly in_progress: number | null;
  readonly completed: number | null;
  readonly refused: number | null;
  readonly not_reached: number | null;
  readonly not_reached_failed: number | null;
  readonly excluded: number | null;
  readonly calls: number | null;
  readonly open_calls: number | null;
  readonly completed_calls: number | null;
  readonly refused_calls: number | null;
  readonly no_answer_calls: number | null;
  readonly busy_calls: number | null;
  readonly failed_calls: number | null;
  readonly answered_calls: number | null;
  readonly talk_seconds: number | null;
  readonly response_rate_1: number | null;
  readonly cooperation_rate_1: number | null;
  readonly refusal_rate_1: number | null;
  readonly contact_rate_1: number | null;
}

/** Cancels a campaign that has not ended, for good, and returns the status. Open calls go on. Called by managers. */
export interface VoicesurveyCancelCampaignArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.cancel_campaign(uuid)`. */
export type VoicesurveyCancelCampaignResult = CampaignStatus | null;

/** Starts calls and returns those to place now: at most as many as asked for and as the free call slots allow, of one campaign or of all that run and may call now. All campaigns get equal shares of a claim. In each of them, first attempts come before retries, and contacts that have waited longest before others. No row: no contact is due. Waits for another claim that has not committed. */
export interface VoicesurveyClaimCallsArguments {
  readonly at_most: number | null;
  readonly campaign?: string | null;
}

/** The result of `voicesurvey.claim_calls(integer, uuid)`, of each row. */
export interface VoicesurveyClaimCallsResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly contact_id: string | null;
  readonly campaign_id: string | null;
  readonly attempt_number: number | null;
  readonly phone_number: string | null;
  readonly language: CampaignLanguage | null;
  readonly outbound_number: string | null;
}

/** Hands out the e-mails that are due, the earliest first, at most at_most: address, language and template. Inserts each into email_notifications when it is handed out first. Each is leased: if neither email_sent nor email_failed follows before the lease ends, it is handed out again. No rows if none is due. Checks the deferred rules before it returns. */
export interface VoicesurveyClaimEmailsArguments {
  readonly at_most?: number | null;
  readonly lease?: string | null;
}

/** The result of `voicesurvey.claim_emails(integer, interval)`, of each row. */
export interface VoicesurveyClaimEmailsResult {
  readonly notification_id: string | null;
  readonly event_id: string | null;
  readonly event_type: EventType | null;
  readonly campaign_id: string | null;
  readonly contact_id: string | null;
  readonly to_email: string | null;
  readonly template_id: string | null;
  readonly locale: CampaignLanguage | null;
  readonly subject: string | null;
  readonly body_html: string | null;
  readonly body_text: string | null;
  readonly sends_count: number | null;
}

/** Hands out the events that a consumer has not received, the earliest first, at most at_most. Each is leased: if neither event_delivered nor event_failed follows before the lease ends, it is handed out again. No rows if none is due. Error: consumer_is_registered. Example: select * from voicesurvey.claim_events('crm', 100, '5 minutes'). */
export interface VoicesurveyClaimEventsArguments {
  readonly consumer: string | null;
  readonly at_most?: number | null;
  readonly lease?: string | null;
}

/** The result of `voicesurvey.claim_events(text, integer, interval)`, of each row. */
export interface VoicesurveyClaimEventsResult {
  readonly event_id: string | null;
  readonly event_type: EventType | null;
  readonly created_at: Date | null;
  readonly campaign_id: string | null;
  readonly contact_id: string | null;
  readonly external_contact_id: string | null;
  readonly call_attempt_id: string | null;
  readonly call_id: string | null;
  readonly started_at: Date | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: ContactOutcome | null;
  readonly attempts_count: number | null;
  readonly q1_answer: string | null;
  readonly q2_answer: string | null;
  readonly q3_answer: string | null;
  readonly payload: unknown;
  readonly deliveries_count: number | null;
}

/** Ends a call whose end nobody reported: failed, with the error code NO_END_REPORTED, at the noted hang-up or now. An end that finish_call reports later replaces it, unless the contact was called again or its result was published. After the last attempt, a second call at least an hour later publishes survey.not_reached. verdict: closed, published or ended_before. */
export interface VoicesurveyCloseStaleCallArguments {
  readonly call: string | null;
}

/** The result of `voicesurvey.close_stale_call(text)`. */
export interface VoicesurveyCloseStaleCallResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly contact_id: string | null;
  readonly outcome: ContactOutcome | null;
  readonly error_code: string | null;
  readonly ended_at: Date | null;
  readonly contact_state: ContactState | null;
  readonly attempts_left: number | null;
  readonly event_id: string | null;
  readonly verdict: string | null;
}

/** Completes the running campaigns of which no contact has attempts left and no call is open, and returns their ids. Skips a campaign while an import or a claim of it runs. Called by a job. */
export interface VoicesurveyCompleteFinishedCampaignsArguments {
}

/** The result of `voicesurvey.complete_finished_campaigns()`, of each row. */
export interface VoicesurveyCompleteFinishedCampaignsResult {
  readonly campaign_id: string | null;
}

/** A page of a campaign's contacts in the order of their numbers, after a number, optionally only those in some states. Personal data. Errors: campaign_is_known, a_page_has_at_most_1000_rows. */
export interface VoicesurveyContactsPageArguments {
  readonly campaign: string | null;
  readonly after?: string | null;
  readonly at_most?: number | null;
  readonly states?: readonly (ContactState | null)[] | null;
}

/** The result of `voicesurvey.contacts_page(uuid, text, integer, contact_state[])`, of each row. */
export interface VoicesurveyContactsPageResult {
  readonly contact_id: string | null;
  readonly external_contact_id: string | null;
  readonly phone_number: string | null;
  readonly email: string | null;
  readonly preferred_language: ContactLanguage | null;
  readonly state: ContactState | null;
  readonly attempts_count: number | null;
  readonly last_attempt_at: Date | null;
  readonly last_outcome: ContactOutcome | null;
  readonly created_at: Date | null;
}

/** Notes that an e-mail could not be sent. Returns its status: pending if it is handed out again, after 1, 10 and 100 minutes; failed after the fourth time; sent if it was sent before; null if there is no such e-mail. */
export interface VoicesurveyEmailFailedArguments {
  readonly notification: string | null;
  readonly error?: string | null;
}

/** The result of `voicesurvey.email_failed(uuid, text)`. */
export type VoicesurveyEmailFailedResult = EmailStatus | null;

/** Notes that an e-mail was sent. Returns its status, sent; null if there is no such e-mail, for example after an erasure. */
export interface VoicesurveyEmailSentArguments {
  readonly notification: string | null;
  readonly provider_message_id?: string | null;
}

/** The result of `voicesurvey.email_sent(uuid, text)`. */
export type VoicesurveyEmailSentResult = EmailStatus | null;

/** Does the same as erase_person for one contact. An unknown contact: all counts are 0. Called by managers. */
export interface VoicesurveyEraseContactArguments {
  readonly contact: string | null;
}

/** The result of `voicesurvey.erase_contact(uuid)`, of each row. */
export interface VoicesurveyEraseContactResult {
  readonly contacts_deleted: string | null;
  readonly call_attempts_deleted: string | null;
  readonly survey_responses_deleted: string | null;
  readonly transcript_snippets_deleted: string | null;
  readonly events_deleted: string | null;
  readonly email_notifications_deleted: string | null;
  readonly recordings: (string | null)[] | null;
}

/** Deletes the contacts of a number in all campaigns with their attempts, answers, transcripts, events and e-mails, at any moment. Returns how many rows of each table were deleted, and the provider's ids of the calls whose recordings are to be deleted there; expired_recordings hands these out, too. The number stays excluded if it was, and the statistics do not change. Called by managers. */
export interface VoicesurveyErasePersonArguments {
  readonly number: string | null;
}

/** The result of `voicesurvey.erase_person(text)`, of each row. */
export interface VoicesurveyErasePersonResult {
  readonly contacts_deleted: string | null;
  readonly call_attempts_deleted: string | null;
  readonly survey_responses_deleted: string | null;
  readonly transcript_snippets_deleted: string | null;
  readonly events_deleted: string | null;
  readonly email_notifications_deleted: string | null;
  readonly recordings: (string | null)[] | null;
}

/** Ends the delivery of an event to a consumer. Returns whether it was still open; false after a repeated call, or if the person was erased. */
export interface VoicesurveyEventDeliveredArguments {
  readonly consumer: string | null;
  readonly event: string | null;
}

/** The result of `voicesurvey.event_delivered(text, uuid)`. */
export type VoicesurveyEventDeliveredResult = boolean | null;

/** Notes that a consumer could not process an event. Returns when the event is handed out again: after 10 s, then after twice as long each time, up to 1 hour. After the tenth time it is dead: the result is null, and retry_dead_events revives it. */
export interface VoicesurveyEventFailedArguments {
  readonly consumer: string | null;
  readonly event: string | null;
  readonly error?: string | null;
}

/** The result of `voicesurvey.event_failed(text, uuid, text)`. */
export type VoicesurveyEventFailedResult = Date | null;

/** Adds a number to the exclusion list, which excludes its contacts in all campaigns. An open call may still end. Returns the entry, the verdict accepted or already_listed, and how many contacts of the number are excluded now. Called by all services. */
export interface VoicesurveyExcludeNumberArguments {
  readonly number: string | null;
  readonly reason?: string | null;
  readonly source?: ExclusionSource | null;
}

/** The result of `voicesurvey.exclude_number(text, text, exclusion_source)`, of each row. */
export interface VoicesurveyExcludeNumberResult {
  readonly entry_id: string | null;
  readonly verdict: string | null;
  readonly contacts_excluded: string | null;
}

/** Hands out at most at_most recordings that are to be deleted at the provider, with a lease: of erased calls, and of calls that started longer than recording_retention_days ago. That of a call that was erased before its end was reported is handed out 12 hours after the start. Without recording_deleted they are due again when the lease ends. Called by a job until it returns no row. */
export interface VoicesurveyExpiredRecordingsArguments {
  readonly at_most?: number | null;
  readonly lease?: string | null;
}

/** The result of `voicesurvey.expired_recordings(integer, interval)`, of each row. */
export interface VoicesurveyExpiredRecordingsResult {
  readonly provider_call_id: string | null;
}

/** Ends a call with its outcome: writes the answers of a completed call, the next state of the contact and, if that is final, the event. The end is the noted hang-up, or at, or now. verdict: ended; replaced, if the call had been closed without a reported end; ended_before, if it had ended with this outcome; ended_otherwise, if it had ended with the outcome that is returned. Of an excluded contact, only the call is written. Answers of another outcome than completed are not stored. */
export interface VoicesurveyFinishCallArguments {
  readonly call: string | null;
  readonly outcome: ContactOutcome | null;
  readonly at?: Date | string | null;
  readonly answers?: readonly (string | null)[] | null;
  readonly confidences?: readonly (number | null)[] | null;
  readonly error_code?: string | null;
  readonly raw_status?: string | null;
}

/** The result of `voicesurvey.finish_call(text, contact_outcome, timestamp with time zone, text[], double precision[], text, text)`. */
export interface VoicesurveyFinishCallResult {
  readonly outcome: ContactOutcome | null;
  readonly error_code: string | null;
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly contact_id: string | null;
  readonly ended_at: Date | null;
  readonly contact_state: ContactState | null;
  readonly attempts_left: number | null;
  readonly event_id: string | null;
  readonly verdict: string | null;
}

/** How many calls may start now before max_concurrent_calls is reached; 0 without a provider configuration. */
export interface VoicesurveyFreeCallSlotsArguments {
}

/** The result of `voicesurvey.free_call_slots()`. */
export type VoicesurveyFreeCallSlotsResult = number | null;

/** Imports contacts into a campaign that has not ended, from a JSON array of objects with the fields phone_number, external_contact_id, email, preferred_language, has_prior_consent and do_not_call. Returns one verdict per line, in order: accepted, excluded, already_there, duplicate_in_batch, bad_line, bad_number, bad_external_contact_id, bad_email, bad_language, bad_prior_consent or bad_do_not_call, with the contact, its state now, a reason and for some bad values a suggestion. Only lines with the verdicts accepted and excluded add a contact. A line with do_not_call excludes the contact of its number also if it is there already or is a duplicate. Other fields are ignored. Called by the import. */
export interface VoicesurveyImportContactsArguments {
  readonly campaign: string | null;
  readonly lines: unknown;
}

/** The result of `voicesurvey.import_contacts(uuid, jsonb)`, of each row. */
export interface VoicesurveyImportContactsResult {
  readonly line_number: number | null;
  readonly verdict: string | null;
  readonly contact_id: string | null;
  readonly state: ContactState | null;
  readonly reason: string | null;
  readonly suggestion: string | null;
}

/** Adds numbers to the exclusion list, from a JSON array of objects with the fields phone_number, reason and source (import by default). The contacts of the numbers are excluded in all campaigns. Returns one verdict per line, in order: accepted, already_listed, duplicate_in_batch, bad_line, bad_number, bad_reason or bad_source, with the entry, a reason and for some bad numbers a suggestion. Called by the import. */
export interface VoicesurveyImportExclusionsArguments {
  readonly lines: unknown;
}

/** The result of `voicesurvey.import_exclusions(jsonb)`, of each row. */
export interface VoicesurveyImportExclusionsResult {
  readonly line_number: number | null;
  readonly verdict: string | null;
  readonly entry_id: string | null;
  readonly reason: string | null;
  readonly suggestion: string | null;
}

/** Deletes the exclusion list entry of a number, if there is one, and returns its excluded contacts: to pending while attempts are left, else to not_reached, which is published. Returns how many entries were deleted, how many contacts were returned to each state, and how many are still excluded: with do_not_call, in a call, of an ended campaign, or after a call that completed, was refused or was erased. The reason is recorded if it is a code of lower-case letters and underscores. Called by managers. */
export interface VoicesurveyLiftExclusionArguments {
  readonly number: string | null;
  readonly reason: string | null;
}

/** The result of `voicesurvey.lift_exclusion(text, text)`, of each row. */
export interface VoicesurveyLiftExclusionResult {
  readonly entries_removed: string | null;
  readonly contacts_pending: string | null;
  readonly contacts_not_reached: string | null;
  readonly contacts_excluded: string | null;
}

/** Whether a campaign runs, and now is one of its calling days and in its calling window. Says nothing of the free call slots and of contacts that are due. */
export interface VoicesurveyMayCallNowArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.may_call_now(uuid)`. */
export type VoicesurveyMayCallNowResult = boolean | null;

/** The earliest time, from now on, that is on a calling day and in the calling window of a campaign: now if that is so now. Null if the campaign has ended, or while its time zone is one that rule 3 does not accept. A campaign that does not run gets the time at which it could call if it ran. */
export interface VoicesurveyNextOpeningArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.next_opening(uuid)`. */
export type VoicesurveyNextOpeningResult = Date | null;

/** The number in an answer, in digits or words of the language: "8 out of 10" and "eight" give 8. Null if there is none, or more than one, as in "7 or 8". A number outside of the question's scale is returned as it is. */
export interface VoicesurveyNumberInArguments {
  readonly text: string | null;
  readonly language: CampaignLanguage | null;
}

/** The result of `voicesurvey.number_in(text, campaign_language)`. */
export type VoicesurveyNumberInResult = string | null;

/** Pauses a running campaign, and returns the status. No call of it starts any more; open calls go on. Called by managers. */
export interface VoicesurveyPauseCampaignArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.pause_campaign(uuid)`. */
export type VoicesurveyPauseCampaignResult = CampaignStatus | null;

/** Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, at most at_most of each, and skips rows that another session has locked. Returns how many. A daily job calls it until both are 0. Without a provider configuration it does nothing. */
export interface VoicesurveyPurgeExpiredArguments {
  readonly at_most?: number | null;
}

/** The result of `voicesurvey.purge_expired(integer)`. */
export interface VoicesurveyPurgeExpiredResult {
  readonly transcripts_deleted: string | null;
  readonly metadata_emptied: string | null;
}

/** Records that a call was answered, and when: now, if no time is given. Changes nothing if the call has an answer, or has ended; only a failed call gets an answer after its end, if its time is given. */
export interface VoicesurveyRecordAnsweredArguments {
  readonly call: string | null;
  readonly at?: Date | string | null;
}

/** The result of `voicesurvey.record_answered(text, timestamp with time zone)`. */
export interface VoicesurveyRecordAnsweredResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: ContactOutcome | null;
  readonly changed: boolean | null;
}

/** Notes that a call is over, and when: now, if no time is given. The call frees its slot, and ends when finish_call reports its outcome. Changes nothing if the hang-up is noted or the call has ended. */
export interface VoicesurveyRecordHangUpArguments {
  readonly call: string | null;
  readonly at?: Date | string | null;
  readonly raw_status?: string | null;
}

/** The result of `voicesurvey.record_hang_up(text, timestamp with time zone, text)`. */
export interface VoicesurveyRecordHangUpResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: ContactOutcome | null;
  readonly changed: boolean | null;
}

/** Stores the provider's id of a call, by which the call can be named from then on. A repeated call changes nothing. Another id than the stored one, and the id of another call, are refused. */
export interface VoicesurveyRecordProviderCallArguments {
  readonly call: string | null;
  readonly provider_call_id: string | null;
}

/** The result of `voicesurvey.record_provider_call(text, text)`. */
export interface VoicesurveyRecordProviderCallResult {
  readonly provider_call_id: string | null;
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly changed: boolean | null;
}

/** Notes that a recording was deleted at the provider, or is unknown there. Returns whether it was still to be deleted. Called by the job that calls expired_recordings. */
export interface VoicesurveyRecordingDeletedArguments {
  readonly provider_call_id: string | null;
}

/** The result of `voicesurvey.recording_deleted(text)`. */
export type VoicesurveyRecordingDeletedResult = boolean | null;

/** Removes a consumer with its deliveries. Returns whether it existed. */
export interface VoicesurveyRemoveConsumerArguments {
  readonly consumer: string | null;
}

/** The result of `voicesurvey.remove_consumer(text)`. */
export type VoicesurveyRemoveConsumerResult = boolean | null;

/** Lets a paused campaign run again, and returns the status. Called by managers. */
export interface VoicesurveyResumeCampaignArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.resume_campaign(uuid)`. */
export type VoicesurveyResumeCampaignResult = CampaignStatus | null;

/** Makes the dead events of a consumer due again. Returns how many. */
export interface VoicesurveyRetryDeadEventsArguments {
  readonly consumer: string | null;
}

/** The result of `voicesurvey.retry_dead_events(text)`. */
export type VoicesurveyRetryDeadEventsResult = number | null;

/** Moves a draft to scheduled, and returns the status. Called by managers. */
export interface VoicesurveyScheduleCampaignArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.schedule_campaign(uuid)`. */
export type VoicesurveyScheduleCampaignResult = CampaignStatus | null;

/** Sets when a campaign that does not run may call: its time zone (null: that of the installation), its calling days (null: all seven) and its calling window (null: as it is). Returns what holds then. Values that hold already change nothing, whatever the status of the campaign. */
export interface VoicesurveySetCallingTimeArguments {
  readonly campaign: string | null;
  readonly time_zone: string | null;
  readonly calling_days: readonly (number | null)[] | null;
  readonly window_start?: string | null;
  readonly window_end?: string | null;
}

/** The result of `voicesurvey.set_calling_time(uuid, text, integer[], time without time zone, time without time zone)`. */
export interface VoicesurveySetCallingTimeResult {
  readonly time_zone: string | null;
  readonly calling_days: (number | null)[] | null;
  readonly window_start: string | null;
  readonly window_end: string | null;
}

/** The calls that started longer than older_than ago and have no end, and the calls that close_stale_call ended at least an hour ago and whose contact's result is not published. Ask the provider about each, then call finish_call or close_stale_call. */
export interface VoicesurveyStaleCallsArguments {
  readonly older_than: string | null;
}

/** The result of `voicesurvey.stale_calls(interval)`, of each row. */
export interface VoicesurveyStaleCallsResult {
  readonly attempt_id: string | null;
  readonly call_id: string | null;
  readonly provider_call_id: string | null;
  readonly contact_id: string | null;
  readonly campaign_id: string | null;
  readonly attempt_number: number | null;
  readonly started_at: Date | null;
  readonly answered_at: Date | null;
  readonly hung_up_at: Date | null;
  readonly closed_at: Date | null;
}

/** Starts a draft or a scheduled campaign. Returns what is missing for that, one row each: contact_to_call, intro_script, question_1_text, question_2_text or question_3_text, and how to fix it. No row: the campaign is running. Called by managers and by a job that starts scheduled campaigns. */
export interface VoicesurveyStartCampaignArguments {
  readonly campaign: string | null;
}

/** The result of `voicesurvey.start_campaign(uuid)`, of each row. */
export interface VoicesurveyStartCampaignResult {
  readonly missing: string | null;
  readonly explanation: string | null;
}

/** The rows of each table and view, by its name. */
export interface RowsByTable {
  readonly call_attempts: CallAttemptsRow;
  readonly campaigns: CampaignsRow;
  readonly contacts: ContactsRow;
  readonly email_notifications: EmailNotificationsRow;
  readonly email_templates: EmailTemplatesRow;
  readonly events: EventsRow;
  readonly exclusion_list_entries: ExclusionListEntriesRow;
  readonly provider_configs: ProviderConfigsRow;
  readonly survey_responses: SurveyResponsesRow;
  readonly transcript_snippets: TranscriptSnippetsRow;
  readonly users: UsersRow;
  readonly "voicesurvey.audit_log": VoicesurveyAuditLogRow;
  readonly "voicesurvey.campaign_settings": VoicesurveyCampaignSettingsRow;
  readonly "voicesurvey.consumers": VoicesurveyConsumersRow;
  readonly "voicesurvey.email_queue": VoicesurveyEmailQueueRow;
  readonly "voicesurvey.event_deliveries": VoicesurveyEventDeliveriesRow;
  readonly "voicesurvey.hang_ups": VoicesurveyHangUpsRow;
  readonly "voicesurvey.recordings_to_delete": VoicesurveyRecordingsToDeleteRow;
  readonly "voicesurvey.tallies": VoicesurveyTalliesRow;
  readonly "voicesurvey.unpublished_ends": VoicesurveyUnpublishedEndsRow;
  readonly "voicesurvey.campaign_export": VoicesurveyCampaignExportRow;
  readonly "voicesurvey.campaign_overview": VoicesurveyCampaignOverviewRow;
  readonly "voicesurvey.event_payloads": VoicesurveyEventPayloadsRow;
  readonly "voicesurvey.health": VoicesurveyHealthRow;
}

/** The values of an insert into each table that services write, by its name. */
export interface InsertsByTable {
  readonly call_attempts: CallAttemptsInsert;
  readonly campaigns: CampaignsInsert;
  readonly contacts: ContactsInsert;
  readonly email_notifications: EmailNotificationsInsert;
  readonly email_templates: EmailTemplatesInsert;
  readonly events: EventsInsert;
  readonly exclusion_list_entries: ExclusionListEntriesInsert;
  readonly provider_configs: ProviderConfigsInsert;
  readonly survey_responses: SurveyResponsesInsert;
  readonly transcript_snippets: TranscriptSnippetsInsert;
  readonly users: UsersInsert;
}

/** The values of an update of each table that services write and may update, by its name. */
export interface UpdatesByTable {
  readonly call_attempts: CallAttemptsUpdate;
  readonly campaigns: CampaignsUpdate;
  readonly contacts: ContactsUpdate;
  readonly email_notifications: EmailNotificationsUpdate;
  readonly email_templates: EmailTemplatesUpdate;
  readonly events: EventsUpdate;
  readonly exclusion_list_entries: ExclusionListEntriesUpdate;
  readonly provider_configs: ProviderConfigsUpdate;
  readonly transcript_snippets: TranscriptSnippetsUpdate;
  readonly users: UsersUpdate;
}

/** The names that `error.constraint` of a refused statement may have. */
export type RuleName = 'a_campaign_begins_as_a_draft' | 'a_campaign_changes_status_in_order' | 'a_campaign_has_a_calling_day' | 'a_campaign_lists_a_number_once' | 'a_campaign_starts_with_a_contact_to_call' | 'a_completed_contact_has_a_completed_call' | 'a_completed_contact_has_answers' | 'a_completed_or_refused_call_is_the_last' | 'a_contact_begins_pending_or_excluded' | 'a_contact_changes_state_in_order' | 'a_contact_has_one_open_call' | 'a_contact_is_in_progress_while_its_call_is_open' | 'a_contact_never_changes_campaign' | 'a_contact_that_may_be_called_again_keeps_its_latest_call' | 'a_contact_whose_latest_call_was_erased_stays_excluded' | 'a_contact_with_answers_is_completed' | 'a_contact_with_do_not_call_is_never_dialled' | 'a_contact_with_do_not_call_stays_excluded' | 'a_hang_up_is_noted_once_per_call' | 'a_listed_number_stays_excluded' | 'a_not_reached_contact_was_called' | 'a_number_has_one_open_call' | 'a_page_has_at_most_1000_rows' | 'a_pending_contact_has_attempts_left' | 'a_provider_call_id_is_set_once' | 'a_provider_call_id_is_used_once' | 'a_recording_is_deleted_once' | 'a_refused_contact_has_a_refused_call' | 'a_running_campaign_is_not_deleted' | 'a_sent_email_is_deleted_only_with_its_contact' | 'a_sent_email_never_changes' | 'a_template_in_use_keeps_its_type' | 'a_transcript_is_of_an_answered_call' | 'a_transcript_keeps_its_call' | 'all_three_answers_are_present' | 'an_attempt_belongs_to_its_contacts_campaign' | 'an_attempt_keeps_its_keys_and_start' | 'an_attempt_number_is_used_once' | 'an_email_belongs_to_its_events_contact' | 'an_email_goes_to_its_contacts_address' | 'an_email_is_in_its_contacts_or_campaigns_language' | 'an_email_keeps_its_event' | 'an_email_uses_a_template_of_its_events_type' | 'an_end_is_replaced_only_before_it_is_published' | 'an_end_is_replaced_only_before_the_next_attempt' | 'an_end_is_replaced_only_by_a_reported_end' | 'an_event_announces_the_state_of_its_contact' | 'an_event_belongs_to_its_contacts_campaign' | 'an_event_is_deleted_only_with_its_contact' | 'an_event_is_delivered_once_to_a_consumer' | 'an_event_is_queued_once' | 'an_event_names_a_call_of_its_contact' | 'an_event_names_the_call_that_led_to_it' | 'an_event_never_changes' | 'an_event_sends_one_email' | 'an_open_call_is_not_deleted' | 'an_outcome_is_published_once' | 'an_unpublished_end_is_recorded_once_per_call' | 'answer_end_and_outcome_of_a_call_are_final' | 'answers_are_final' | 'answers_are_given_after_the_call_was_answered' | 'answers_belong_to_a_call_of_their_contact' | 'answers_belong_to_a_completed_call' | 'answers_belong_to_their_contacts_campaign' | 'answers_have_a_finite_time' | 'at_most_is_0_or_more' | 'attempt_belongs_to_a_campaign' | 'attempt_belongs_to_a_contact' | 'attempt_number_is_1_or_more' | 'attempts_are_numbered_without_gaps' | 'attempts_count_follows_the_attempts' | 'attempts_count_goes_up_by_one' | 'attempts_count_is_0_or_more' | 'audit_details_are_an_object' | 'audit_rows_have_unique_ids' | 'call_attempt_of_an_event_exists' | 'call_attempts_have_unique_ids' | 'call_has_an_outcome_exactly_when_it_has_ended' | 'call_has_finite_times' | 'call_id_is_not_blank' | 'call_is_given' | 'call_is_known' | 'calling_days_are_iso_weekdays_without_repeats' | 'calling_window_ends_before_24_00' | 'calling_window_starts_before_it_ends' | 'calls_of_a_contact_do_not_overlap' | 'calls_start_only_in_a_running_campaign' | 'calls_start_only_in_the_calling_hours' | 'calls_start_only_on_the_calling_days' | 'campaign_changes_status_in_order' | 'campaign_has_a_known_time_zone' | 'campaign_has_a_name' | 'campaign_has_an_owner' | 'campaign_has_finite_times' | 'campaign_has_not_ended' | 'campaign_is_given' | 'campaign_is_known' | 'campaign_settings_are_set_once_per_campaign' | 'campaign_starts_with_a_script_and_three_questions' | 'campaigns_have_unique_ids' | 'completed_at_is_not_in_the_future' | 'completed_template_of_a_campaign_exists' | 'confidences_are_0_to_1' | 'configuration_has_finite_times' | 'consumer_is_registered' | 'consumers_have_unique_names' | 'contact_belongs_to_a_campaign' | 'contact_has_finite_times' | 'contact_is_given' | 'contacts_have_unique_ids' | 'created_at_is_not_in_the_future' | 'delivery_belongs_to_a_consumer' | 'delivery_belongs_to_an_event' | 'earlier_events_are_queued_in_read_committed' | 'email_notifications_have_unique_ids' | 'email_of_a_contact_looks_like_an_address' | 'email_of_a_user_looks_like_an_address' | 'email_templates_have_unique_ids' | 'erased_answers_are_recorded_once_per_contact' | 'erased_answers_stay_erased' | 'erased_last_calls_are_recorded_once_per_contact' | 'event_belongs_to_a_campaign' | 'event_belongs_to_a_contact' | 'event_has_a_finite_time' | 'events_have_unique_ids' | 'excluded_number_is_e164' | 'exclusion_has_a_finite_time' | 'exclusion_list_entries_have_unique_ids' | 'hang_up_belongs_to_a_call' | 'hang_up_has_finite_times' | 'hours_and_interval_are_fixed_while_a_campaign_runs' | 'id_and_created_at_never_change' | 'language_model_has_a_name' | 'last_outcome_is_that_of_the_latest_call' | 'lease_is_1_second_to_1_day' | 'lines_are_an_array' | 'lines_are_given' | 'local_time_needs_a_known_time_zone' | 'max_attempts_is_1_to_5' | 'max_concurrent_calls_is_1_or_more' | 'metadata_is_an_object' | 'mutex_rows_have_unique_ids' | 'name_of_a_consumer_is_a_short_word' | 'never_dial_a_completed_or_refused_contact' | 'never_dial_an_excluded_number' | 'never_dial_more_than_max_attempts' | 'no_calls_without_a_provider' | 'no_end_reported_is_set_when_a_call_ends' | 'no_last_attempt_or_outcome_before_the_first_call' | 'no_more_open_calls_than_the_provider_allows' | 'no_retry_before_the_interval_is_over' | 'not_reached_is_published_after_the_end_of_the_last_call' | 'not_reached_is_published_after_the_last_attempt' | 'not_reached_template_of_a_campaign_exists' | 'notification_belongs_to_a_campaign' | 'notification_belongs_to_a_contact' | 'notification_belongs_to_an_event' | 'notification_has_finite_times' | 'number_is_e164' | 'number_is_given' | 'older_than_is_0_or_more' | 'one_attempt_per_call_id' | 'one_exclusion_per_phone_number' | 'one_response_per_contact_and_campaign' | 'one_user_per_email' | 'one_user_per_email_ignoring_case' | 'one_user_per_oidc_sub' | 'outbound_number_is_e164' | 'outcome_agrees_with_answered_at' | 'outcome_is_given' | 'payload_is_an_object' | 'phone_number_of_a_contact_is_e164' | 'provider_call_id_is_given' | 'provider_call_id_is_not_blank' | 'provider_configs_have_unique_ids' | 'provider_has_a_name' | 'purge_progress_has_unique_rows' | 'q1_confidence_is_0_to_1' | 'q2_confidence_is_0_to_1' | 'q3_confidence_is_0_to_1' | 'questions_and_max_attempts_are_fixed_from_the_first_start' | 'queued_email_belongs_to_an_event' | 'reason_is_given' | 'reason_of_an_audit_row_is_a_code' | 'recording_progress_has_unique_rows' | 'recording_retention_days_is_1_or_more' | 'refused_template_of_a_campaign_exists' | 'response_belongs_to_a_call_attempt' | 'response_belongs_to_a_campaign' | 'response_belongs_to_a_contact' | 'retry_interval_is_1_minute_or_more' | 'settings_belong_to_a_campaign' | 'subject_is_one_line' | 'survey_responses_have_unique_ids' | 'tables_are_not_truncated' | 'tallies_have_unique_ids' | 'template_has_a_body' | 'template_has_a_name' | 'template_has_finite_times' | 'template_of_a_notification_exists' | 'templates_of_a_campaign_fit' | 'the_audit_log_is_append_only' | 'the_exclusion_gate_has_no_rows' | 'there_is_one_provider_configuration' | 'there_is_one_purge_progress' | 'there_is_one_recording_progress' | 'time_is_given' | 'time_of_the_call_is_plausible' | 'times_of_a_call_are_not_in_the_future' | 'times_of_a_call_run_forward' | 'to_email_looks_like_an_address' | 'transcript_belongs_to_a_call_attempt' | 'transcript_has_a_finite_time' | 'transcript_holds_no_phone_number' | 'transcript_is_not_blank' | 'transcript_retention_days_is_1_or_more' | 'transcript_snippets_have_unique_ids' | 'unit_is_hour_day_week_or_month' | 'unpublished_end_belongs_to_a_call' | 'updated_at_is_between_created_at_and_now' | 'user_has_a_name' | 'user_has_an_oidc_subject' | 'user_has_finite_times' | 'users_have_unique_ids';

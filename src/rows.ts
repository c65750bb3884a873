/**
 * The rows of the database, as `pg` returns them and takes them: timestamps are `Date`s, `numeric` and `bigint` are
 * strings, `jsonb` is the parsed value. Generated from the migrations; do not edit it, run: npm run generate
 * @module
 */

/** A language that the product speaks and writes: of a campaign, of a template and of a transcript. */
export type CampaignLanguage = 'en' | 'it';

/** Where a campaign is in its life: a draft, waiting for its start, calling, paused, or ended as completed or cancelled. Moved by the dashboard and the scheduler. */
export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'completed' | 'cancelled';

/** The language to speak to a contact; auto means the campaign's. Told by the import. */
export type ContactLanguage = 'en' | 'it' | 'auto';

/** How a call ended: with all answers, with a no, with nobody answering, on a busy line, or by a failure. Told by telephony and dialogue. */
export type ContactOutcome = 'completed' | 'refused' | 'no_answer' | 'busy' | 'failed';

/** Where a contact stands: waiting for a call, in one, or ended as completed, refused, not_reached or excluded. Moved by the scheduler, telephony and dialogue; to excluded by the import or an exclusion. */
export type ContactState = 'pending' | 'in_progress' | 'completed' | 'refused' | 'not_reached' | 'excluded';

/** Where an e-mail is on its way: waiting, handed over to the mail provider, or failed. Moved by e-mail. */
export type EmailStatus = 'pending' | 'sent' | 'failed';

/** The end of a contact that a template is written for; it matches the kind of the event that sends it. */
export type EmailTemplateType = 'completed' | 'refused' | 'not_reached';

/** What the rest of the product is told about a contact; one kind for each way a contact ends. */
export type EventType = 'survey.completed' | 'survey.refused' | 'survey.not_reached';

/** How a number came on the exclusion list: by an uploaded file, by another system, or by hand. */
export type ExclusionSource = 'import' | 'api' | 'manual';

/** Whose language model leads the conversation. */
export type LlmProvider = 'openai' | 'anthropic' | 'azure-openai' | 'google';

/** What places the calls: a telephony API that we drive with a language model of our own, or a platform that brings its voice agent. */
export type ProviderType = 'telephony_api' | 'voice_ai_platform';

/** What an answer must be: any words, a number, or a number on the scale that the question names. */
export type QuestionType = 'free_text' | 'numeric' | 'scale';

/** What a user may do: everything, run campaigns, or look. Given by an admin in the dashboard. */
export type UserRole = 'admin' | 'campaign_manager' | 'viewer';

/** One dialling of one contact: a fact that is added to while the call lasts, and final once it has ended. Opened by the scheduler; answered and ended by telephony and dialogue. */
export interface CallAttemptsRow {
  /** The attempt's key. Written by the server. */
  readonly id: string;
  /** Who is dialled. Written by the scheduler. */
  readonly contact_id: string;
  /** The contact's campaign, which the call is made for. Written by the scheduler. */
  readonly campaign_id: string;
  /** Which of the contact's attempts this is, counted from 1. Written by the scheduler. */
  readonly attempt_number: number;
  /** Our key of the call, made before it is dialled and given to the provider, so that dialling can be asked for again without a second call. Written by the scheduler. */
  readonly call_id: string;
  /** The provider's key of the call; null until the provider has taken it. Written by telephony. */
  readonly provider_call_id: string | null;
  /** When dialling began. Written by the scheduler, or by the server. */
  readonly started_at: Date;
  /** When somebody picked up; null if nobody did, or not yet. Written by telephony. */
  readonly answered_at: Date | null;
  /** When the call was over; null while it is open. Written by telephony. */
  readonly ended_at: Date | null;
  /** How the call ended; null while it is open. Written by telephony, or by dialogue where somebody answered. */
  readonly outcome: ContactOutcome | null;
  /** The provider's latest status of the call in its own words, for support. Written by telephony. */
  readonly provider_raw_status: string | null;
  /** The provider's code for what failed; null where nothing did. Written by telephony. */
  readonly error_code: string | null;
  /** What else the provider tells about the call, and which of its webhooks were taken in. Written by telephony. Personal data. */
  readonly metadata: unknown;
}

/** The values of an insert into `call_attempts`. One dialling of one contact: a fact that is added to while the call lasts, and final once it has ended. Opened by the scheduler; answered and ended by telephony and dialogue. */
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
  readonly id?: string;
  readonly contact_id?: string;
  readonly campaign_id?: string;
  readonly attempt_number?: number;
  readonly call_id?: string;
  readonly provider_call_id?: string | null;
  readonly started_at?: Date | string;
  readonly answered_at?: Date | string | null;
  readonly ended_at?: Date | string | null;
  readonly outcome?: ContactOutcome | null;
  readonly provider_raw_status?: string | null;
  readonly error_code?: string | null;
  readonly metadata?: unknown;
}

/** One survey: what the agent says and asks, when and how often it may call. Written by the dashboard; its status also by the scheduler. */
export interface CampaignsRow {
  /** The campaign's key. Written by the server. */
  readonly id: string;
  /** What managers call the campaign. Written by the dashboard. */
  readonly name: string;
  /** What the campaign is about, for managers; never read to a contact. Written by the dashboard. */
  readonly description: string | null;
  /** Where the campaign is in its life; calls start only while it is running. Written by the dashboard, by the scheduler when the last contact has ended. */
  readonly status: CampaignStatus;
  /** The language of the script and of the questions, spoken to every contact who has none of their own. Written by the dashboard. */
  readonly language: CampaignLanguage;
  /** What the agent says first: who calls, why, for how long, and whether the contact consents. Written by the dashboard. */
  readonly intro_script: string;
  /** The first question, as the agent asks it. Written by the dashboard. */
  readonly question_1_text: string;
  /** What an answer to the first question must be. Written by the dashboard. */
  readonly question_1_type: QuestionType;
  /** The second question, as the agent asks it. Written by the dashboard. */
  readonly question_2_text: string;
  /** What an answer to the second question must be. Written by the dashboard. */
  readonly question_2_type: QuestionType;
  /** The third question, as the agent asks it. Written by the dashboard. */
  readonly question_3_text: string;
  /** What an answer to the third question must be. Written by the dashboard. */
  readonly question_3_type: QuestionType;
  /** How many times a contact is dialled at most. Written by the dashboard. */
  readonly max_attempts: number;
  /** How many minutes pass between the starts of two calls to one contact, at least. Written by the dashboard. */
  readonly retry_interval_minutes: number;
  /** From when on calls may start, in the installation's local time; the moment itself is included. Written by the dashboard. */
  readonly allowed_call_start_local: string;
  /** Until when calls may start, in the installation's local time; the moment itself is not included. Written by the dashboard. */
  readonly allowed_call_end_local: string;
  /** What is sent to a contact who answered; null sends nothing. Written by the dashboard; set null when the template goes. */
  readonly email_completed_template_id: string | null;
  /** What is sent to a contact who refused; null sends nothing. Written by the dashboard; set null when the template goes. */
  readonly email_refused_template_id: string | null;
  /** What is sent to a contact whom no attempt reached; null sends nothing. Written by the dashboard; set null when the template goes. */
  readonly email_not_reached_template_id: string | null;
  /** The user who owns the campaign, and cannot be deleted as long. Written by the dashboard. */
  readonly created_by_user_id: string;
  /** When the campaign was made. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `campaigns`. One survey: what the agent says and asks, when and how often it may call. Written by the dashboard; its status also by the scheduler. */
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
  readonly id?: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly status?: CampaignStatus;
  readonly language?: CampaignLanguage;
  readonly intro_script?: string;
  readonly question_1_text?: string;
  readonly question_1_type?: QuestionType;
  readonly question_2_text?: string;
  readonly question_2_type?: QuestionType;
  readonly question_3_text?: string;
  readonly question_3_type?: QuestionType;
  readonly max_attempts?: number;
  readonly retry_interval_minutes?: number;
  readonly allowed_call_start_local?: string;
  readonly allowed_call_end_local?: string;
  readonly email_completed_template_id?: string | null;
  readonly email_refused_template_id?: string | null;
  readonly email_not_reached_template_id?: string | null;
  readonly created_by_user_id?: string;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** A person on one campaign's list; who is on two lists has two rows. Written by the import, then by scheduler, telephony and dialogue. Deleting the row erases the person from the campaign. */
export interface ContactsRow {
  /** The contact's key. Written by the server. */
  readonly id: string;
  /** The campaign whose list the contact is on, for good. Written by the import. */
  readonly campaign_id: string;
  /** The contact's key in the customer's own system; null where the list had none. Written by the import. Personal data. */
  readonly external_contact_id: string | null;
  /** The number to dial, in E.164. Written by the import. Personal data. */
  readonly phone_number: string;
  /** Where an e-mail goes after the call; null sends none. Written by the import. Personal data. */
  readonly email: string | null;
  /** The language to speak to the contact; auto is the campaign's. Written by the import. */
  readonly preferred_language: ContactLanguage;
  /** Whether the contact had agreed to be called before the list was uploaded. Written by the import. */
  readonly has_prior_consent: boolean;
  /** Whether the contact must not be called; such a contact is excluded. Written by the import and the dashboard. */
  readonly do_not_call: boolean;
  /** Where the contact stands. Written by the scheduler when it claims and gives back, by telephony and dialogue when a call ends, by the import and by exclusions. */
  readonly state: ContactState;
  /** How many times the contact has been dialled; it never falls. Written by the scheduler with each attempt. */
  readonly attempts_count: number;
  /** When the latest attempt started; null before the first. Written by the scheduler with each attempt. */
  readonly last_attempt_at: Date | null;
  /** How the latest ended attempt ended; null before the first. Written by telephony and dialogue. */
  readonly last_outcome: ContactOutcome | null;
  /** When the contact was imported. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `contacts`. A person on one campaign's list; who is on two lists has two rows. Written by the import, then by scheduler, telephony and dialogue. Deleting the row erases the person from the campaign. */
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
  readonly id?: string;
  readonly campaign_id?: string;
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
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** One e-mail to one contact for one event, before and after it is sent. Written by e-mail. */
export interface EmailNotificationsRow {
  /** The notification's key. Written by the server. */
  readonly id: string;
  /** The event that the e-mail is sent for. Written by e-mail. */
  readonly event_id: string;
  /** Who gets the e-mail. Written by e-mail. */
  readonly contact_id: string;
  /** The contact's campaign. Written by e-mail. */
  readonly campaign_id: string;
  /** The template that the e-mail is made from, which cannot be deleted as long. Written by e-mail. */
  readonly template_id: string;
  /** The address that the e-mail goes to: the contact's at that time. Written by e-mail. Personal data. */
  readonly to_email: string;
  /** Where the e-mail is on its way. Written by e-mail. */
  readonly status: EmailStatus;
  /** The mail provider's key of the message; null until it has taken it. Written by e-mail. */
  readonly provider_message_id: string | null;
  /** Why it failed, in the words of the mail provider, which may quote the address; null where it did not. Written by e-mail. Personal data. */
  readonly error_message: string | null;
  /** When the e-mail was decided on. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `email_notifications`. One e-mail to one contact for one event, before and after it is sent. Written by e-mail. */
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
  readonly id?: string;
  readonly event_id?: string;
  readonly contact_id?: string;
  readonly campaign_id?: string;
  readonly template_id?: string;
  readonly to_email?: string;
  readonly status?: EmailStatus;
  readonly provider_message_id?: string | null;
  readonly error_message?: string | null;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** What is sent after a call: one text for one end of a contact, in one language. Written by the dashboard. */
export interface EmailTemplatesRow {
  /** The template's key. Written by the server. */
  readonly id: string;
  /** What managers call the template when they choose it. Written by the dashboard. */
  readonly name: string;
  /** The end of a contact that the template is for. Written by the dashboard. */
  readonly type: EmailTemplateType;
  /** The subject line of the e-mail. Written by the dashboard. */
  readonly subject: string;
  /** The e-mail as HTML. Written by the dashboard. */
  readonly body_html: string;
  /** The same as plain text, for readers that show no HTML; null where none was written. Written by the dashboard. */
  readonly body_text: string | null;
  /** The language that the template is written in. Written by the dashboard. */
  readonly locale: CampaignLanguage;
  /** When the template was made. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `email_templates`. What is sent after a call: one text for one end of a contact, in one language. Written by the dashboard. */
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
  readonly id?: string;
  readonly name?: string;
  readonly type?: EmailTemplateType;
  readonly subject?: string;
  readonly body_html?: string;
  readonly body_text?: string | null;
  readonly locale?: CampaignLanguage;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** What the rest of the product is told: that a contact has ended, and how. Written by dialogue and telephony, with the call that ended it or later; read by e-mail and by other systems. */
export interface EventsRow {
  /** The event's key, by which a reader knows that it was told before. Written by the server. */
  readonly id: string;
  /** How the contact ended. Written by dialogue and telephony. */
  readonly event_type: EventType;
  /** The contact's campaign. Written by dialogue and telephony. */
  readonly campaign_id: string;
  /** Whose end is told. Written by dialogue and telephony. */
  readonly contact_id: string;
  /** The attempt that brought the end. Written by dialogue and telephony; set null when the attempt goes. */
  readonly call_attempt_id: string | null;
  /** What readers need to know besides, as an object: the number of attempts, the answers. Written by dialogue and telephony. Personal data. */
  readonly payload: unknown;
  /** When the event was told. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `events`. What the rest of the product is told: that a contact has ended, and how. Written by dialogue and telephony, with the call that ended it or later; read by e-mail and by other systems. */
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
  readonly id?: string;
  readonly event_type?: EventType;
  readonly campaign_id?: string;
  readonly contact_id?: string;
  readonly call_attempt_id?: string | null;
  readonly payload?: unknown;
  readonly created_at?: Date | string;
}

/** Numbers nobody may dial, in any campaign, from the moment that they are here. Written by the import, by other systems through the API, and by the dashboard. An entry outlives the erasure of its person's contacts. */
export interface ExclusionListEntriesRow {
  /** The entry's key. Written by the server. */
  readonly id: string;
  /** The number that is never dialled, in E.164. Written by who adds the entry. Personal data. */
  readonly phone_number: string;
  /** Why the number is here, in words; null where nobody said. Written by who adds the entry. Personal data. */
  readonly reason: string | null;
  /** How the number came here. Written by who adds the entry. */
  readonly source: ExclusionSource;
  /** Since when the number is excluded. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `exclusion_list_entries`. Numbers nobody may dial, in any campaign, from the moment that they are here. Written by the import, by other systems through the API, and by the dashboard. An entry outlives the erasure of its person's contacts. */
export interface ExclusionListEntriesInsert {
  readonly id?: string;
  readonly phone_number: string;
  readonly reason?: string | null;
  readonly source?: ExclusionSource;
  readonly created_at?: Date | string;
}

/** The values of an update of `exclusion_list_entries`. */
export interface ExclusionListEntriesUpdate {
  readonly id?: string;
  readonly phone_number?: string;
  readonly reason?: string | null;
  readonly source?: ExclusionSource;
  readonly created_at?: Date | string;
}

/** The telephony and language-model settings of the installation, in one row; without it nobody is called. No secret is kept here. Written by an admin in the dashboard. */
export interface ProviderConfigsRow {
  /** The configuration's key. Written by the server. */
  readonly id: string;
  /** What places the calls. Written by the dashboard. */
  readonly provider_type: ProviderType;
  /** Whose service that is. Written by the dashboard. */
  readonly provider_name: string;
  /** The number of ours that contacts see when we call, in E.164. Written by the dashboard. */
  readonly outbound_number: string;
  /** How many calls may be open at once, over all campaigns. Written by the dashboard. */
  readonly max_concurrent_calls: number;
  /** Whose language model leads the conversation. Written by the dashboard. */
  readonly llm_provider: LlmProvider;
  /** Which of its models that is, by the provider's name for it. Written by the dashboard. */
  readonly llm_model: string;
  /** After how many days a recording is deleted. Written by the dashboard. */
  readonly recording_retention_days: number;
  /** After how many days a transcript is deleted. Written by the dashboard. */
  readonly transcript_retention_days: number;
  /** When the configuration was made. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `provider_configs`. The telephony and language-model settings of the installation, in one row; without it nobody is called. No secret is kept here. Written by an admin in the dashboard. */
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
  readonly id?: string;
  readonly provider_type?: ProviderType;
  readonly provider_name?: string;
  readonly outbound_number?: string;
  readonly max_concurrent_calls?: number;
  readonly llm_provider?: LlmProvider;
  readonly llm_model?: string;
  readonly recording_retention_days?: number;
  readonly transcript_retention_days?: number;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** The three answers of one contact in one campaign. Written by dialogue, in one piece, when the last question is answered. */
export interface SurveyResponsesRow {
  /** The response's key. Written by the server. */
  readonly id: string;
  /** Who answered. Written by dialogue. */
  readonly contact_id: string;
  /** The contact's campaign, whose questions were asked. Written by dialogue. */
  readonly campaign_id: string;
  /** The attempt that succeeded. Written by dialogue. */
  readonly call_attempt_id: string;
  /** The answer to the first question, as the agent understood it. Written by dialogue. Personal data. */
  readonly q1_answer: string | null;
  /** The answer to the second question, as the agent understood it. Written by dialogue. Personal data. */
  readonly q2_answer: string | null;
  /** The answer to the third question, as the agent understood it. Written by dialogue. Personal data. */
  readonly q3_answer: string | null;
  /** How sure the agent is that it understood the first answer, from 0 to 1; null where it cannot tell. Written by dialogue. */
  readonly q1_confidence: string | null;
  /** How sure the agent is that it understood the second answer, from 0 to 1; null where it cannot tell. Written by dialogue. */
  readonly q2_confidence: string | null;
  /** How sure the agent is that it understood the third answer, from 0 to 1; null where it cannot tell. Written by dialogue. */
  readonly q3_confidence: string | null;
  /** When the last question was answered. Written by dialogue, or by the server. */
  readonly completed_at: Date;
}

/** The values of an insert into `survey_responses`. The three answers of one contact in one campaign. Written by dialogue, in one piece, when the last question is answered. */
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

/** The values of an update of `survey_responses`. */
export interface SurveyResponsesUpdate {
  readonly id?: string;
  readonly contact_id?: string;
  readonly campaign_id?: string;
  readonly call_attempt_id?: string;
  readonly q1_answer?: string | null;
  readonly q2_answer?: string | null;
  readonly q3_answer?: string | null;
  readonly q1_confidence?: string | number | bigint | null;
  readonly q2_confidence?: string | number | bigint | null;
  readonly q3_confidence?: string | number | bigint | null;
  readonly completed_at?: Date | string;
}

/** The redacted transcript of a call, in one or more pieces. Written by dialogue; deleted after the retention days of the provider configuration. */
export interface TranscriptSnippetsRow {
  /** The snippet's key. Written by the server. */
  readonly id: string;
  /** The call that was transcribed. Written by dialogue. */
  readonly call_attempt_id: string;
  /** What was said, by the agent and by the contact, without telephone numbers. Written by dialogue. Personal data. */
  readonly transcript_text: string;
  /** The language that was spoken. Written by dialogue. */
  readonly language: CampaignLanguage;
  /** When the snippet was written; its retention days count from here. Written by the server. */
  readonly created_at: Date;
}

/** The values of an insert into `transcript_snippets`. The redacted transcript of a call, in one or more pieces. Written by dialogue; deleted after the retention days of the provider configuration. */
export interface TranscriptSnippetsInsert {
  readonly id?: string;
  readonly call_attempt_id: string;
  readonly transcript_text: string;
  readonly language?: CampaignLanguage;
  readonly created_at?: Date | string;
}

/** The values of an update of `transcript_snippets`. */
export interface TranscriptSnippetsUpdate {
  readonly id?: string;
  readonly call_attempt_id?: string;
  readonly transcript_text?: string;
  readonly language?: CampaignLanguage;
  readonly created_at?: Date | string;
}

/** People who log in to the dashboard by OIDC. Written by login; their roles by the dashboard. */
export interface UsersRow {
  /** The user's key. Written by the server. */
  readonly id: string;
  /** The subject that the identity provider knows the user by; it stays when the address changes. Written by login. Personal data. */
  readonly oidc_sub: string;
  /** The user's address, as the identity provider tells it. Written by login. Personal data. */
  readonly email: string;
  /** The user's name, as the dashboard shows it. Written by login. Personal data. */
  readonly name: string;
  /** What the user may do; who logs in for the first time may look. Written by an admin in the dashboard. */
  readonly role: UserRole;
  /** When the user first logged in. Written by the server. */
  readonly created_at: Date;
  /** When the row last changed. Written by the server. */
  readonly updated_at: Date;
}

/** The values of an insert into `users`. People who log in to the dashboard by OIDC. Written by login; their roles by the dashboard. */
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
  readonly id?: string;
  readonly oidc_sub?: string;
  readonly email?: string;
  readonly name?: string;
  readonly role?: UserRole;
  readonly created_at?: Date | string;
  readonly updated_at?: Date | string;
}

/** Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, at most at_most of each. Returns how many. A daily job calls it until both are 0. Without a provider configuration it does nothing. Needs select on provider_configs, select and delete on transcript_snippets, and select and update on call_attempts. */
export interface VoicesurveyPurgeExpiredArguments {
  readonly at_most?: number | null;
}

/** The result of `voicesurvey.purge_expired(integer)`. */
export interface VoicesurveyPurgeExpiredResult {
  readonly transcripts_deleted: string | null;
  readonly metadata_emptied: string | null;
}

/**
 * The functions of the API in the database, over `pg`. Generated from the migrations by `npm run generate`; do not edit it.
 * @module
 */

import { json, type Known, row, rows, value } from './call.js';
import type { Queryable } from './queryable.js';
import type * as types from './rows.js';

/** The result of {@link addConsumer}. */
export type AddConsumerResult = NonNullable<types.VoicesurveyAddConsumerResult>;

/** Registers a service that receives events. It gets all later events, and those that exist since a time, if one is given. Returns how many it gets of these; 0 if the consumer exists. Locks the table of events SHARE until the end of the transaction. Example: select voicesurvey.add_consumer('crm'). */
export function addConsumer(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyAddConsumerArguments['consumer']>; readonly since?: types.VoicesurveyAddConsumerArguments['since'] | undefined }): Promise<AddConsumerResult> {
  return value(database, 'add_consumer', { consumer: options.consumer, since: options.since });
}

/** The result of {@link callDetail}, of each row. */
export type CallDetailResult = types.VoicesurveyCallDetailResult;

/** What is known of one call, found by call_id or provider_call_id: contact, times, outcome, answers, transcripts, event and e-mail. No row if there is no such call. Personal data. */
export function callDetail(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyCallDetailArguments['call']> }): Promise<CallDetailResult[]> {
  return rows(database, 'call_detail', { call: options.call });
}

/** The result of {@link callsOverTime}, of each row. */
export type CallsOverTimeResult = types.VoicesurveyCallsOverTimeResult;

/** The calls of a campaign by hour, day, week or month in the campaign's time zone, from the first call to the last, also for periods without a call. Errors: campaign_is_known, unit_is_hour_day_week_or_month. */
export function callsOverTime(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyCallsOverTimeArguments['campaign']>; readonly unit?: types.VoicesurveyCallsOverTimeArguments['unit'] | undefined }): Promise<CallsOverTimeResult[]> {
  return rows(database, 'calls_over_time', { campaign: options.campaign, unit: options.unit });
}

/** The result of {@link campaignStatistics}, of each row. */
export type CampaignStatisticsResult = types.VoicesurveyCampaignStatisticsResult;

/** The counts of a campaign's contacts by state and of its calls by outcome, the answered calls and their seconds, and the rates of AAPOR, Standard Definitions, 10th edition, 2023, with I = completed, R = refused, O = not_reached after a failed call, NC = not_reached otherwise, UH = pending or in_progress; excluded contacts do not count. Response Rate 1: I / (I + R + O + NC + UH). Cooperation Rate 1: I / (I + R + O). Refusal Rate 1: R / (I + R + O + NC + UH). Contact Rate 1: (I + R + O) / (I + R + O + NC + UH). Null if the divisor is 0. Error: campaign_is_known. */
export function campaignStatistics(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyCampaignStatisticsArguments['campaign']> }): Promise<CampaignStatisticsResult[]> {
  return rows(database, 'campaign_statistics', { campaign: options.campaign });
}

/** The result of {@link cancelCampaign}. */
export type CancelCampaignResult = NonNullable<types.VoicesurveyCancelCampaignResult>;

/** Cancels a campaign that has not ended, for good, and returns the status. Open calls go on. Called by managers. */
export function cancelCampaign(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyCancelCampaignArguments['campaign']> }): Promise<CancelCampaignResult> {
  return value(database, 'cancel_campaign', { campaign: options.campaign });
}

/** The result of {@link claimCalls}, of each row. */
export type ClaimCallsResult = Known<types.VoicesurveyClaimCallsResult>;

/** Starts calls and returns those to place now: at most as many as asked for and as the free call slots allow, of one campaign or of all that run and may call now. All campaigns get equal shares of a claim. In each of them, first attempts come before retries, and contacts that have waited longest before others. No row: no contact is due. Waits for another claim that has not committed. */
export function claimCalls(database: Queryable, options: { readonly atMost: NonNullable<types.VoicesurveyClaimCallsArguments['at_most']>; readonly campaign?: types.VoicesurveyClaimCallsArguments['campaign'] | undefined }): Promise<ClaimCallsResult[]> {
  return rows(database, 'claim_calls', { at_most: options.atMost, campaign: options.campaign });
}

/** The result of {@link claimEmails}, of each row. */
export type ClaimEmailsResult = Known<types.VoicesurveyClaimEmailsResult, 'body_text'>;

/** Hands out the e-mails that are due, the earliest first, at most at_most: address, language and template. Inserts each into email_notifications when it is handed out first. Each is leased: if neither email_sent nor email_failed follows before the lease ends, it is handed out again. No rows if none is due. Checks the deferred rules before it returns. */
export function claimEmails(database: Queryable, options: { readonly atMost?: types.VoicesurveyClaimEmailsArguments['at_most'] | undefined; readonly lease?: types.VoicesurveyClaimEmailsArguments['lease'] | undefined } = {}): Promise<ClaimEmailsResult[]> {
  return rows(database, 'claim_emails', { at_most: options.atMost, lease: options.lease });
}

/** The result of {@link claimEvents}, of each row. */
export type ClaimEventsResult = Known<types.VoicesurveyClaimEventsResult, 'external_contact_id' | 'call_attempt_id' | 'call_id' | 'started_at' | 'answered_at' | 'ended_at' | 'outcome' | 'q1_answer' | 'q2_answer' | 'q3_answer'>;

/** Hands out the events that a consumer has not received, the earliest first, at most at_most. Each is leased: if neither event_delivered nor event_failed follows before the lease ends, it is handed out again. No rows if none is due. Error: consumer_is_registered. Example: select * from voicesurvey.claim_events('crm', 100, '5 minutes'). */
export function claimEvents(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyClaimEventsArguments['consumer']>; readonly atMost?: types.VoicesurveyClaimEventsArguments['at_most'] | undefined; readonly lease?: types.VoicesurveyClaimEventsArguments['lease'] | undefined }): Promise<ClaimEventsResult[]> {
  return rows(database, 'claim_events', { consumer: options.consumer, at_most: options.atMost, lease: options.lease });
}

/** The result of {@link closeStaleCall}. */
export type CloseStaleCallResult = Known<types.VoicesurveyCloseStaleCallResult, 'error_code' | 'event_id'>;

/** Ends a call whose end nobody reported: failed, with the error code NO_END_REPORTED, at the noted hang-up or now. An end that finish_call reports later replaces it, unless the contact was called again or its result was published. After the last attempt, a second call at least an hour later publishes survey.not_reached. verdict: closed, published or ended_before. */
export function closeStaleCall(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyCloseStaleCallArguments['call']> }): Promise<CloseStaleCallResult> {
  return row(database, 'close_stale_call', { call: options.call });
}

/** The result of {@link completeFinishedCampaigns}, of each row. */
export type CompleteFinishedCampaignsResult = Known<types.VoicesurveyCompleteFinishedCampaignsResult>;

/** Completes the running campaigns of which no contact has attempts left and no call is open, and returns their ids. Skips a campaign while an import or a claim of it runs. Called by a job. */
export function completeFinishedCampaigns(database: Queryable): Promise<CompleteFinishedCampaignsResult[]> {
  return rows(database, 'complete_finished_campaigns', {});
}

/** The result of {@link contactsPage}, of each row. */
export type ContactsPageResult = Known<types.VoicesurveyContactsPageResult, 'external_contact_id' | 'email' | 'last_attempt_at' | 'last_outcome'>;

/** A page of a campaign's contacts in the order of their numbers, after a number, optionally only those in some states. Personal data. Errors: campaign_is_known, a_page_has_at_most_1000_rows. */
export function contactsPage(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyContactsPageArguments['campaign']>; readonly after?: types.VoicesurveyContactsPageArguments['after'] | undefined; readonly atMost?: types.VoicesurveyContactsPageArguments['at_most'] | undefined; readonly states?: types.VoicesurveyContactsPageArguments['states'] | undefined }): Promise<ContactsPageResult[]> {
  return rows(database, 'contacts_page', { campaign: options.campaign, after: options.after, at_most: options.atMost, states: options.states });
}

/** The result of {@link emailFailed}. */
export type EmailFailedResult = types.VoicesurveyEmailFailedResult;

/** Notes that an e-mail could not be sent. Returns its status: pending if it is handed out again, after 1, 10 and 100 minutes; failed after the fourth time; sent if it was sent before; null if there is no such e-mail. */
export function emailFailed(database: Queryable, options: { readonly notification: NonNullable<types.VoicesurveyEmailFailedArguments['notification']>; readonly error?: types.VoicesurveyEmailFailedArguments['error'] | undefined }): Promise<EmailFailedResult> {
  return value(database, 'email_failed', { notification: options.notification, error: options.error });
}

/** The result of {@link emailSent}. */
export type EmailSentResult = types.VoicesurveyEmailSentResult;

/** Notes that an e-mail was sent. Returns its status, sent; null if there is no such e-mail, for example after an erasure. */
export function emailSent(database: Queryable, options: { readonly notification: NonNullable<types.VoicesurveyEmailSentArguments['notification']>; readonly providerMessageId?: types.VoicesurveyEmailSentArguments['provider_message_id'] | undefined }): Promise<EmailSentResult> {
  return value(database, 'email_sent', { notification: options.notification, provider_message_id: options.providerMessageId });
}

/** The result of {@link eraseContact}, of each row. */
export type EraseContactResult = types.VoicesurveyEraseContactResult;

/** Does the same as erase_person for one contact. An unknown contact: all counts are 0. Called by managers. */
export function eraseContact(database: Queryable, options: { readonly contact: NonNullable<types.VoicesurveyEraseContactArguments['contact']> }): Promise<EraseContactResult[]> {
  return rows(database, 'erase_contact', { contact: options.contact });
}

/** The result of {@link erasePerson}, of each row. */
export type ErasePersonResult = types.VoicesurveyErasePersonResult;

/** Deletes the contacts of a number in all campaigns with their attempts, answers, transcripts, events and e-mails, at any moment. Returns how many rows of each table were deleted, and the provider's ids of the calls whose recordings are to be deleted there; expired_recordings hands these out, too. The number stays excluded if it was, and the statistics do not change. Called by managers. */
export function erasePerson(database: Queryable, options: { readonly number: NonNullable<types.VoicesurveyErasePersonArguments['number']> }): Promise<ErasePersonResult[]> {
  return rows(database, 'erase_person', { number: options.number });
}

/** The result of {@link eventDelivered}. */
export type EventDeliveredResult = NonNullable<types.VoicesurveyEventDeliveredResult>;

/** Ends the delivery of an event to a consumer. Returns whether it was still open; false after a repeated call, or if the person was erased. */
export function eventDelivered(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyEventDeliveredArguments['consumer']>; readonly event: NonNullable<types.VoicesurveyEventDeliveredArguments['event']> }): Promise<EventDeliveredResult> {
  return value(database, 'event_delivered', { consumer: options.consumer, event: options.event });
}

/** The result of {@link eventFailed}. */
export type EventFailedResult = types.VoicesurveyEventFailedResult;

/** Notes that a consumer could not process an event. Returns when the event is handed out again: after 10 s, then after twice as long each time, up to 1 hour. After the tenth time it is dead: the result is null, and retry_dead_events revives it. */
export function eventFailed(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyEventFailedArguments['consumer']>; readonly event: NonNullable<types.VoicesurveyEventFailedArguments['event']>; readonly error?: types.VoicesurveyEventFailedArguments['error'] | undefined }): Promise<EventFailedResult> {
  return value(database, 'event_failed', { consumer: options.consumer, event: options.event, error: options.error });
}

/** The result of {@link excludeNumber}, of each row. */
export type ExcludeNumberResult = Known<types.VoicesurveyExcludeNumberResult>;

/** Adds a number to the exclusion list, which excludes its contacts in all campaigns. An open call may still end. Returns the entry, the verdict accepted or already_listed, and how many contacts of the number are excluded now. Called by all services. */
export function excludeNumber(database: Queryable, options: { readonly number: NonNullable<types.VoicesurveyExcludeNumberArguments['number']>; readonly reason?: types.VoicesurveyExcludeNumberArguments['reason'] | undefined; readonly source?: types.VoicesurveyExcludeNumberArguments['source'] | undefined }): Promise<ExcludeNumberResult[]> {
  return rows(database, 'exclude_number', { number: options.number, reason: options.reason, source: options.source });
}

/** The result of {@link expiredRecordings}, of each row. */
export type ExpiredRecordingsResult = Known<types.VoicesurveyExpiredRecordingsResult>;

/** Hands out at most at_most recordings that are to be deleted at the provider, with a lease: of erased calls, and of calls that started longer than recording_retention_days ago. That of a call that was erased before its end was reported is handed out 12 hours after the start. Without recording_deleted they are due again when the lease ends. Called by a job until it returns no row. */
export function expiredRecordings(database: Queryable, options: { readonly atMost?: types.VoicesurveyExpiredRecordingsArguments['at_most'] | undefined; readonly lease?: types.VoicesurveyExpiredRecordingsArguments['lease'] | undefined } = {}): Promise<ExpiredRecordingsResult[]> {
  return rows(database, 'expired_recordings', { at_most: options.atMost, lease: options.lease });
}

/** The result of {@link finishCall}. */
export type FinishCallResult = Known<types.VoicesurveyFinishCallResult, 'error_code' | 'event_id'>;

/** Ends a call with its outcome: writes the answers of a completed call, the next state of the contact and, if that is final, the event. The end is the noted hang-up, or at, or now. verdict: ended; replaced, if the call had been closed without a reported end; ended_before, if it had ended with this outcome; ended_otherwise, if it had ended with the outcome that is returned. Of an excluded contact, only the call is written. Answers of another outcome than completed are not stored. */
export function finishCall(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyFinishCallArguments['call']>; readonly outcome: NonNullable<types.VoicesurveyFinishCallArguments['outcome']>; readonly at?: types.VoicesurveyFinishCallArguments['at'] | undefined; readonly answers?: types.VoicesurveyFinishCallArguments['answers'] | undefined; readonly confidences?: types.VoicesurveyFinishCallArguments['confidences'] | undefined; readonly errorCode?: types.VoicesurveyFinishCallArguments['error_code'] | undefined; readonly rawStatus?: types.VoicesurveyFinishCallArguments['raw_status'] | undefined }): Promise<FinishCallResult> {
  return row(database, 'finish_call', { call: options.call, outcome: options.outcome, at: options.at, answers: options.answers, confidences: options.confidences, error_code: options.errorCode, raw_status: options.rawStatus });
}

/** The result of {@link freeCallSlots}. */
export type FreeCallSlotsResult = NonNullable<types.VoicesurveyFreeCallSlotsResult>;

/** How many calls may start now before max_concurrent_calls is reached; 0 without a provider configuration. */
export function freeCallSlots(database: Queryable): Promise<FreeCallSlotsResult> {
  return value(database, 'free_call_slots', {});
}

/** The result of {@link importContacts}, of each row. */
export type ImportContactsResult = Known<types.VoicesurveyImportContactsResult, 'contact_id' | 'state' | 'reason' | 'suggestion'>;

/** Imports contacts into a campaign that has not ended, from a JSON array of objects with the fields phone_number, external_contact_id, email, preferred_language, has_prior_consent and do_not_call. Returns one verdict per line, in order: accepted, excluded, already_there, duplicate_in_batch, bad_line, bad_number, bad_external_contact_id, bad_email, bad_language, bad_prior_consent or bad_do_not_call, with the contact, its state now, a reason and for some bad values a suggestion. Only lines with the verdicts accepted and excluded add a contact. A line with do_not_call excludes the contact of its number also if it is there already or is a duplicate. Other fields are ignored. Called by the import. */
export function importContacts(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyImportContactsArguments['campaign']>; readonly lines: NonNullable<types.VoicesurveyImportContactsArguments['lines']> }): Promise<ImportContactsResult[]> {
  return rows(database, 'import_contacts', { campaign: options.campaign, lines: json(options.lines) });
}

/** The result of {@link importExclusions}, of each row. */
export type ImportExclusionsResult = Known<types.VoicesurveyImportExclusionsResult, 'entry_id' | 'reason' | 'suggestion'>;

/** Adds numbers to the exclusion list, from a JSON array of objects with the fields phone_number, reason and source (import by default). The contacts of the numbers are excluded in all campaigns. Returns one verdict per line, in order: accepted, already_listed, duplicate_in_batch, bad_line, bad_number, bad_reason or bad_source, with the entry, a reason and for some bad numbers a suggestion. Called by the import. */
export function importExclusions(database: Queryable, options: { readonly lines: NonNullable<types.VoicesurveyImportExclusionsArguments['lines']> }): Promise<ImportExclusionsResult[]> {
  return rows(database, 'import_exclusions', { lines: json(options.lines) });
}

/** The result of {@link liftExclusion}, of each row. */
export type LiftExclusionResult = Known<types.VoicesurveyLiftExclusionResult>;

/** Deletes the exclusion list entry of a number, if there is one, and returns its excluded contacts: to pending while attempts are left, else to not_reached, which is published. Returns how many entries were deleted, how many contacts were returned to each state, and how many are still excluded: with do_not_call, in a call, of an ended campaign, or after a call that completed, was refused or was erased. The reason is recorded if it is a code of lower-case letters and underscores. Called by managers. */
export function liftExclusion(database: Queryable, options: { readonly number: NonNullable<types.VoicesurveyLiftExclusionArguments['number']>; readonly reason: NonNullable<types.VoicesurveyLiftExclusionArguments['reason']> }): Promise<LiftExclusionResult[]> {
  return rows(database, 'lift_exclusion', { number: options.number, reason: options.reason });
}

/** The result of {@link mayCallNow}. */
export type MayCallNowResult = NonNullable<types.VoicesurveyMayCallNowResult>;

/** Whether a campaign runs, and now is one of its calling days and in its calling window. Says nothing of the free call slots and of contacts that are due. */
export function mayCallNow(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyMayCallNowArguments['campaign']> }): Promise<MayCallNowResult> {
  return value(database, 'may_call_now', { campaign: options.campaign });
}

/** The result of {@link nextOpening}. */
export type NextOpeningResult = types.VoicesurveyNextOpeningResult;

/** The earliest time, from now on, that is on a calling day and in the calling window of a campaign: now if that is so now. Null if the campaign has ended, or while its time zone is one that rule 3 does not accept. A campaign that does not run gets the time at which it could call if it ran. */
export function nextOpening(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyNextOpeningArguments['campaign']> }): Promise<NextOpeningResult> {
  return value(database, 'next_opening', { campaign: options.campaign });
}

/** The result of {@link numberIn}. */
export type NumberInResult = types.VoicesurveyNumberInResult;

/** The number in an answer, in digits or words of the language: "8 out of 10" and "eight" give 8. Null if there is none, or more than one, as in "7 or 8". A number outside of the question's scale is returned as it is. */
export function numberIn(database: Queryable, options: { readonly text: NonNullable<types.VoicesurveyNumberInArguments['text']>; readonly language: NonNullable<types.VoicesurveyNumberInArguments['language']> }): Promise<NumberInResult> {
  return value(database, 'number_in', { text: options.text, language: options.language });
}

/** The result of {@link pauseCampaign}. */
export type PauseCampaignResult = NonNullable<types.VoicesurveyPauseCampaignResult>;

/** Pauses a running campaign, and returns the status. No call of it starts any more; open calls go on. Called by managers. */
export function pauseCampaign(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyPauseCampaignArguments['campaign']> }): Promise<PauseCampaignResult> {
  return value(database, 'pause_campaign', { campaign: options.campaign });
}

/** The result of {@link purgeExpired}. */
export type PurgeExpiredResult = Known<types.VoicesurveyPurgeExpiredResult>;

/** Applies transcript_retention_days: deletes older transcripts and empties the metadata of attempts that ended before, at most at_most of each, and skips rows that another session has locked. Returns how many. A daily job calls it until both are 0. Without a provider configuration it does nothing. */
export function purgeExpired(database: Queryable, options: { readonly atMost?: types.VoicesurveyPurgeExpiredArguments['at_most'] | undefined } = {}): Promise<PurgeExpiredResult> {
  return row(database, 'purge_expired', { at_most: options.atMost });
}

/** The result of {@link recordAnswered}. */
export type RecordAnsweredResult = Known<types.VoicesurveyRecordAnsweredResult, 'answered_at' | 'ended_at' | 'outcome'>;

/** Records that a call was answered, and when: now, if no time is given. Changes nothing if the call has an answer, or has ended; only a failed call gets an answer after its end, if its time is given. */
export function recordAnswered(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyRecordAnsweredArguments['call']>; readonly at?: types.VoicesurveyRecordAnsweredArguments['at'] | undefined }): Promise<RecordAnsweredResult> {
  return row(database, 'record_answered', { call: options.call, at: options.at });
}

/** The result of {@link recordHangUp}. */
export type RecordHangUpResult = Known<types.VoicesurveyRecordHangUpResult, 'answered_at' | 'ended_at' | 'outcome'>;

/** Notes that a call is over, and when: now, if no time is given. The call frees its slot, and ends when finish_call reports its outcome. Changes nothing if the hang-up is noted or the call has ended. */
export function recordHangUp(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyRecordHangUpArguments['call']>; readonly at?: types.VoicesurveyRecordHangUpArguments['at'] | undefined; readonly rawStatus?: types.VoicesurveyRecordHangUpArguments['raw_status'] | undefined }): Promise<RecordHangUpResult> {
  return row(database, 'record_hang_up', { call: options.call, at: options.at, raw_status: options.rawStatus });
}

/** The result of {@link recordProviderCall}. */
export type RecordProviderCallResult = Known<types.VoicesurveyRecordProviderCallResult>;

/** Stores the provider's id of a call, by which the call can be named from then on. A repeated call changes nothing. Another id than the stored one, and the id of another call, are refused. */
export function recordProviderCall(database: Queryable, options: { readonly call: NonNullable<types.VoicesurveyRecordProviderCallArguments['call']>; readonly providerCallId: NonNullable<types.VoicesurveyRecordProviderCallArguments['provider_call_id']> }): Promise<RecordProviderCallResult> {
  return row(database, 'record_provider_call', { call: options.call, provider_call_id: options.providerCallId });
}

/** The result of {@link recordingDeleted}. */
export type RecordingDeletedResult = NonNullable<types.VoicesurveyRecordingDeletedResult>;

/** Notes that a recording was deleted at the provider, or is unknown there. Returns whether it was still to be deleted. Called by the job that calls expired_recordings. */
export function recordingDeleted(database: Queryable, options: { readonly providerCallId: NonNullable<types.VoicesurveyRecordingDeletedArguments['provider_call_id']> }): Promise<RecordingDeletedResult> {
  return value(database, 'recording_deleted', { provider_call_id: options.providerCallId });
}

/** The result of {@link removeConsumer}. */
export type RemoveConsumerResult = NonNullable<types.VoicesurveyRemoveConsumerResult>;

/** Removes a consumer with its deliveries. Returns whether it existed. */
export function removeConsumer(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyRemoveConsumerArguments['consumer']> }): Promise<RemoveConsumerResult> {
  return value(database, 'remove_consumer', { consumer: options.consumer });
}

/** The result of {@link resumeCampaign}. */
export type ResumeCampaignResult = NonNullable<types.VoicesurveyResumeCampaignResult>;

/** Lets a paused campaign run again, and returns the status. Called by managers. */
export function resumeCampaign(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyResumeCampaignArguments['campaign']> }): Promise<ResumeCampaignResult> {
  return value(database, 'resume_campaign', { campaign: options.campaign });
}

/** The result of {@link retryDeadEvents}. */
export type RetryDeadEventsResult = NonNullable<types.VoicesurveyRetryDeadEventsResult>;

/** Makes the dead events of a consumer due again. Returns how many. */
export function retryDeadEvents(database: Queryable, options: { readonly consumer: NonNullable<types.VoicesurveyRetryDeadEventsArguments['consumer']> }): Promise<RetryDeadEventsResult> {
  return value(database, 'retry_dead_events', { consumer: options.consumer });
}

/** The result of {@link scheduleCampaign}. */
export type ScheduleCampaignResult = NonNullable<types.VoicesurveyScheduleCampaignResult>;

/** Moves a draft to scheduled, and returns the status. Called by managers. */
export function scheduleCampaign(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyScheduleCampaignArguments['campaign']> }): Promise<ScheduleCampaignResult> {
  return value(database, 'schedule_campaign', { campaign: options.campaign });
}

/** The result of {@link setCallingTime}. */
export type SetCallingTimeResult = Known<types.VoicesurveySetCallingTimeResult, 'time_zone' | 'calling_days'>;

/** Sets when a campaign that does not run may call: its time zone (null: that of the installation), its calling days (null: all seven) and its calling window (null: as it is). Returns what holds then. Values that hold already change nothing, whatever the status of the campaign. */
export function setCallingTime(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveySetCallingTimeArguments['campaign']>; readonly timeZone: types.VoicesurveySetCallingTimeArguments['time_zone']; readonly callingDays: types.VoicesurveySetCallingTimeArguments['calling_days']; readonly windowStart?: types.VoicesurveySetCallingTimeArguments['window_start'] | undefined; readonly windowEnd?: types.VoicesurveySetCallingTimeArguments['window_end'] | undefined }): Promise<SetCallingTimeResult> {
  return row(database, 'set_calling_time', { campaign: options.campaign, time_zone: options.timeZone, calling_days: options.callingDays, window_start: options.windowStart, window_end: options.windowEnd });
}

/** The result of {@link staleCalls}, of each row. */
export type StaleCallsResult = Known<types.VoicesurveyStaleCallsResult, 'provider_call_id' | 'answered_at' | 'hung_up_at' | 'closed_at'>;

/** The calls that started longer than older_than ago and have no end, and the calls that close_stale_call ended at least an hour ago and whose contact's result is not published. Ask the provider about each, then call finish_call or close_stale_call. */
export function staleCalls(database: Queryable, options: { readonly olderThan: NonNullable<types.VoicesurveyStaleCallsArguments['older_than']> }): Promise<StaleCallsResult[]> {
  return rows(database, 'stale_calls', { older_than: options.olderThan });
}

/** The result of {@link startCampaign}, of each row. */
export type StartCampaignResult = Known<types.VoicesurveyStartCampaignResult>;

/** Starts a draft or a scheduled campaign. Returns what is missing for that, one row each: contact_to_call, intro_script, question_1_text, question_2_text or question_3_text, and how to fix it. No row: the campaign is running. Called by managers and by a job that starts scheduled campaigns. */
export function startCampaign(database: Queryable, options: { readonly campaign: NonNullable<types.VoicesurveyStartCampaignArguments['campaign']> }): Promise<StartCampaignResult[]> {
  return rows(database, 'start_campaign', { campaign: options.campaign });
}

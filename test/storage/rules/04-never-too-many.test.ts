import { attemptOf, claim, endCall, setState } from './steps.js';
import { correct, forbidden } from './writes.js';

/** Sets max_concurrent_calls; two calls of the history are open. */
const limit = (calls: number): string => `update provider_configs set max_concurrent_calls = ${calls};`;

forbidden(
  'a third open call at a limit of 2',
  `${limit(2)} ${claim('ada')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'two calls in one transaction when the limit allows one more',
  `${limit(3)} ${claim('ada')} ${claim('jack')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'a call in another campaign when the open calls have reached the limit',
  `${limit(2)} ${claim('one_of_plain', { campaign: 'plain' })}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'a call while more calls are open than a lowered limit allows',
  `${limit(1)} ${claim('ada')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'a call without a provider configuration',
  `delete from provider_configs; ${claim('ada')}`,
  'no_calls_without_a_provider',
);
forbidden(
  'a call without a provider configuration that ends in the same transaction',
  `delete from provider_configs; ${claim('ada')} ${endCall('new_call_of_ada', 'failed', 'now()')} ${setState('ada', 'pending', 'failed')}`,
  'no_calls_without_a_provider',
);
/** Notes the hang-up of the open call of a contact. */
const hangUp = (person: string): string =>
  `insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values (:${attemptOf(person)}, now());`;
forbidden(
  'a second call after one hang-up was noted at a limit of 2',
  `${limit(2)} ${hangUp('cleo')} ${claim('ada')} ${claim('jack')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'two calls at a limit of 2 if the call whose hang-up was noted has ended',
  `${limit(2)} ${hangUp('cleo')} ${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')}
   ${claim('ada')} ${claim('jack')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'a call at a limit of 2 after a noted hang-up was deleted',
  `${limit(2)} ${hangUp('cleo')} delete from voicesurvey.hang_ups; ${claim('ada')}`,
  'no_more_open_calls_than_the_provider_allows',
);
forbidden(
  'a second hang-up of a call',
  `${hangUp('cleo')} ${hangUp('cleo')}`,
  'a_hang_up_is_noted_once_per_call',
  '23505',
  'voicesurvey',
);
forbidden(
  'a hang-up at an infinite time',
  `insert into voicesurvey.hang_ups (call_attempt_id, ended_at) values (:${attemptOf('cleo')}, 'infinity');`,
  'hang_up_has_finite_times',
  '23514',
  'voicesurvey',
);
correct(
  'a call at the limit after the hang-up of another call was noted',
  `${limit(2)} ${hangUp('cleo')} ${claim('ada')}`,
);
correct(
  'an erasure of a contact whose hang-up was noted',
  `${hangUp('cleo')} delete from contacts where id = :cleo;`,
);
forbidden('a limit of 0', limit(0), 'max_concurrent_calls_is_1_or_more');
forbidden('a negative limit', limit(-5), 'max_concurrent_calls_is_1_or_more');

correct('the call that reaches the limit', `${limit(3)} ${claim('ada')}`);
correct(
  'a call at the limit in the transaction that ends another call',
  `${limit(2)} ${claim('ada')} ${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')}`,
);
correct(
  'a call at the limit that ends before the commit',
  `${limit(2)} ${claim('ada')} ${endCall('new_call_of_ada', 'failed', 'now()')} ${setState('ada', 'pending', 'failed')}`,
);
correct('a limit below the number of open calls', limit(1));
correct('a deletion of the provider configuration while calls are open', 'delete from provider_configs;');
correct(
  'the end of a call without a provider configuration',
  `delete from provider_configs; ${endCall(attemptOf('cleo'), 'busy', 'now()')} ${setState('cleo', 'pending', 'busy')}`,
);
correct(
  'a call after the provider configuration was replaced',
  `delete from provider_configs; insert into provider_configs (outbound_number) values ('+4930000001'); ${claim('ada')}`,
);

import { call, claim, end, leave } from './steps.js';
import { correct, forbidden } from './writes.js';

const most = (calls: number): string => `update provider_configs set max_concurrent_calls = ${calls};`;

forbidden(
  'a third call where two may be open',
  `${most(2)} ${claim('ada')}`,
  'no_more_calls_at_once_than_the_provider_allows',
);
forbidden(
  'two calls where one has room',
  `${most(3)} ${claim('ada')} ${claim('jack')}`,
  'no_more_calls_at_once_than_the_provider_allows',
);
forbidden(
  'a call of another campaign where the provider is busy',
  `${most(2)} ${claim('one_of_plain', { campaign: 'plain' })}`,
  'no_more_calls_at_once_than_the_provider_allows',
);
forbidden(
  'a call while more are open than the lowered limit',
  `${most(1)} ${claim('ada')}`,
  'no_more_calls_at_once_than_the_provider_allows',
);
forbidden(
  'a call without a provider',
  `delete from provider_configs; ${claim('ada')}`,
  'no_calls_without_a_provider',
);
forbidden(
  'a call without a provider that ends at once',
  `delete from provider_configs; ${claim('ada')} ${end('new_call_of_ada', 'failed', 'now()')} ${leave('ada', 'pending', 'failed')}`,
  'no_calls_without_a_provider',
);
forbidden('room for nobody', most(0), 'max_concurrent_calls_is_1_or_more');
forbidden('room below nobody', most(-5), 'max_concurrent_calls_is_1_or_more');

correct('the last call that there is room for', `${most(3)} ${claim('ada')}`);
correct(
  'a call claimed where another ends, in one transaction',
  `${most(2)} ${claim('ada')} ${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'busy')}`,
);
correct(
  'a call that is over at commit needs no room',
  `${most(2)} ${claim('ada')} ${end('new_call_of_ada', 'failed', 'now()')} ${leave('ada', 'pending', 'failed')}`,
);
correct('a limit lowered below what is open', most(1));
correct('the provider deleted while calls are open', 'delete from provider_configs;');
correct(
  'a call ends without a provider',
  `delete from provider_configs; ${end(call('cleo'), 'busy', 'now()')} ${leave('cleo', 'pending', 'busy')}`,
);
correct(
  'a provider replaced by another',
  `delete from provider_configs; insert into provider_configs (outbound_number) values ('+4930000001'); ${claim('ada')}`,
);

import { expect, it } from 'vitest';
import { titleOf } from '../../../src/postgres/embedded/processes.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import { ask, inChild, openDirectory } from './support.js';

it('stops a server that works on a statement, and leaves no process', async () => {
  const directory = await openDirectory();
  const { url, pid } = await startEmbeddedServer({ directory });
  const busy = ask(url, 'select pg_sleep(600)').catch(() => 'ended');
  expect(await stopEmbeddedServer({ directory })).toBe(true);
  expect(await titleOf(pid)).toBe('');
  expect(await busy).toBe('ended');
  expect(await stopEmbeddedServer({ directory })).toBe(false);
});

it('may be asked for by several at once, and be followed by a start at once', {
  timeout: 60_000,
}, async () => {
  const directory = await openDirectory();
  const { url } = await startEmbeddedServer({ directory });
  const stops = [1, 2, 3].map(() => stopEmbeddedServer({ directory }));
  expect(await Promise.all(stops)).toEqual([true, true, true]);
  await startEmbeddedServer({ directory });
  const stopping = inChild('stop', directory);
  while ((await startEmbeddedServer({ directory })).started === false);
  await stopping;
  expect((await startEmbeddedServer({ directory })).url).toBe(url);
});

import { expect, test } from 'vitest';
import { readProcessTitle } from '../../../src/postgres/embedded/processes.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import { inChild, newDirectory, queryRow } from './support.js';

test('stopEmbeddedServer stops a server that runs a statement, and leaves no process', async () => {
  const directory = await newDirectory();
  const { url, pid } = await startEmbeddedServer({ directory });
  const busy = queryRow(url, 'select pg_sleep(600)').catch(() => 'ended');
  expect(await stopEmbeddedServer({ directory })).toBe(true);
  expect(await readProcessTitle(pid)).toBe('');
  expect(await busy).toBe('ended');
  expect(await stopEmbeddedServer({ directory })).toBe(false);
});

test('concurrent calls of stopEmbeddedServer succeed, and a start may follow immediately', {
  timeout: 60_000,
}, async () => {
  const directory = await newDirectory();
  const { url } = await startEmbeddedServer({ directory });
  const stops = [1, 2, 3].map(() => stopEmbeddedServer({ directory }));
  expect(await Promise.all(stops)).toEqual([true, true, true]);
  await startEmbeddedServer({ directory });
  const stopping = inChild('stop', directory);
  while ((await startEmbeddedServer({ directory })).started === false);
  await stopping;
  expect((await startEmbeddedServer({ directory })).url).toBe(url);
});

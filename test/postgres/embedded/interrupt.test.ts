import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listProcesses } from '../../../src/postgres/embedded/processes.js';
import { startEmbeddedServer, stopEmbeddedServer } from '../../../src/postgres/embedded.js';
import { SLOW } from '../../support/timeouts.js';
import { createFolder, queryRow } from './support.js';

// A first start takes one to three seconds, so these delays hit its phases: initdb, the database, the start.
test.for([
  0, 50, 200, 400, 700, 1000, 1500, 2500,
])('a start of a new embedded server that is interrupted after %i ms leaves no program and no staging folder', {
  timeout: SLOW,
}, async (delay) => {
  const directory = await createFolder();
  const controller = new AbortController();
  const start = startEmbeddedServer({ directory, signal: controller.signal });
  const outcome = start.then(
    () => 'started',
    (error: unknown) => error,
  );
  await pause(delay);
  const aborted = performance.now();
  controller.abort();
  const result = await outcome;
  if (result !== 'started') expect(result).toMatchObject({ code: 'interrupted' });
  expect(performance.now() - aborted).toBeLessThan(5000);
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const initializing = (await listProcesses()).filter(
    ({ title }) => title.includes(directory) && /initdb|--single/.test(title),
  );
  expect(initializing).toEqual([]);
  try {
    const { url } = await startEmbeddedServer({ directory });
    expect(await queryRow(url, 'select 42')).toEqual([42]);
  } finally {
    await stopEmbeddedServer({ directory });
  }
});

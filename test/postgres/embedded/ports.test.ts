import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { accepts, anyFreePort, isBindable, portsFor } from '../../../src/postgres/embedded/ports.js';
import { unusedPort } from '../../support/listeners.js';

it('gives a folder the same ports every time, and another folder others', () => {
  expect(portsFor('/a')).toEqual(portsFor('/a'));
  expect(portsFor('/a')).not.toEqual(portsFor('/b'));
  for (const port of portsFor('/a')) expect(port >= 20_000 && port < 30_000).toBe(true);
});

it('tells a port that somebody listens at from a free one', async () => {
  expect(await isBindable(await anyFreePort())).toBe(true);
  const port = await unusedPort();
  expect([await accepts(port), await isBindable(port)]).toEqual([false, true]);
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect([await accepts(port), await isBindable(port)]).toEqual([true, false]);
});

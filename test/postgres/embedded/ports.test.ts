import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  acceptsConnections,
  candidatePorts,
  findFreePort,
  isBindable,
} from '../../../src/postgres/embedded/ports.js';
import { unusedPort } from '../../support/listeners.js';

test('candidatePorts returns the same ports for a folder, and others for another folder', () => {
  expect(candidatePorts('/a')).toEqual(candidatePorts('/a'));
  expect(candidatePorts('/a')).not.toEqual(candidatePorts('/b'));
  for (const port of candidatePorts('/a')) expect(port >= 20_000 && port < 30_000).toBe(true);
});

test('acceptsConnections and isBindable distinguish a used port from a free one', async () => {
  expect(await isBindable(await findFreePort())).toBe(true);
  const port = await unusedPort();
  expect([await acceptsConnections(port), await isBindable(port)]).toEqual([false, true]);
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect([await acceptsConnections(port), await isBindable(port)]).toEqual([true, false]);
});

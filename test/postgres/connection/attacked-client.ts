import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { connect } from '../../../src/postgres/connect.js';
import { ConnectionError } from '../../../src/postgres/errors/explained-error.js';
import { PASSWORD, type TlsServer } from '../../support/tls-server.js';
import type { HostileServer } from './hostile-server.js';

/** Connects to a hostile server in place of a real one; returns the code of the error, or `connected`. */
export async function loginOutcome(
  server: TlsServer,
  { port }: { readonly port: number },
  parameters: string,
): Promise<string> {
  const target = { ...server.target('scrambled', parameters, '127.0.0.1'), port, connectTimeoutSeconds: 5 };
  try {
    await (await connect(target)).close();
    return 'connected';
  } catch (error) {
    if (error instanceof ConnectionError) return error.code;
    throw error;
  }
}

/** Checks that neither the password nor its hash was sent. */
export function expectNoSecret(attacker: Pick<HostileServer, 'received'>): void {
  const received = attacker.received();
  expect(received).toContain('scrambled');
  expect(received).not.toContain(Buffer.from(PASSWORD).toString('latin1'));
  expect(received).not.toMatch(/md5[0-9a-f]{32}/);
  expect(received).not.toContain(createHash('md5').update(`${PASSWORD}scrambled`).digest('hex'));
  expect(received, 'a proof of SCRAM').not.toContain(',p=');
}

import { expect } from 'vitest';
import { repository, runProgram } from '../../support/cli.js';
import { type HostileServer, hostileServer, OK, type Peer, SESSION } from './hostile-server.js';

/** What happened in a process that used the library. */
interface HostReport {
  /** The code of each error, in the order of the calls. */
  readonly codes: readonly string[];
  /** The most memory that the process had, in bytes. */
  readonly memory: number;
}

/** A program that uses the library as a service does, and still runs when every call has failed. */
const HOST = `
  const { status, up, seed, migrationsDirectory: directory } = await import(process.argv[1]);
  const url = process.argv[2];
  const calls = process.argv[3] === 'seed' ? [seed({ url })] : [status({ url, directory }), up({ url, directory }), seed({ url })];
  const results = await Promise.allSettled(calls);
  const codes = results.map(({ reason }) => reason?.code ?? String(reason));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const memory = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ codes, memory }));
`;

/** Runs the library in a child process, which must end by itself and print no message of an unhandled error. */
export async function runHost({ port }: HostileServer, calls: 'all' | 'seed' = 'all'): Promise<HostReport> {
  const url = `postgresql://ann:secret@127.0.0.1:${port}/survey?sslmode=disable&connect_timeout=20`;
  const args = ['--input-type=module', '--eval', HOST, `${repository}/dist/index.js`, url, calls];
  const { code, stdout, stderr } = await runProgram(process.execPath, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A server that logs everybody in, and answers the first query of every connection with a script. */
export const mangled = (script: (peer: Peer) => unknown): Promise<HostileServer> =>
  hostileServer(async (peer) => {
    await peer.receive();
    peer.send(OK, SESSION);
    await peer.receive();
    await script(peer);
  });

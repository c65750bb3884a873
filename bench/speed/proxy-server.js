// @ts-check
// A TCP proxy in front of a PostgreSQL server. It counts round trips and can add latency. `startProxy` in proxy.js starts
// it as a separate process and controls it by messages.
//
// A round trip: the client sends something and then receives an answer. The proxy counts one when it delivers data to
// the client and the client has sent something since the last delivery. A client that pipelines, so sends without
// waiting for answers, is counted correctly only if it has sent everything before the first answer arrives. Such a
// client is counted at a latency that is longer than its sending takes.
import { connect, createServer } from 'node:net';

const [host, port] = process.argv.slice(2);
let oneWayMs = 0;
let roundTrips = 0;

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true, noDelay: true });
  let hasSent = false;
  const toServer = createDelay(oneWayMs);
  const toClient = createDelay(oneWayMs);
  client.on('data', (chunk) => {
    hasSent = true;
    toServer(() => upstream.write(chunk));
  });
  upstream.on('data', (chunk) => {
    toClient(() => {
      if (hasSent) roundTrips++;
      hasSent = false;
      client.write(chunk);
    });
  });
  client.on('end', () => toServer(() => upstream.end()));
  upstream.on('end', () => toClient(() => client.end()));
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
});

/**
 * Makes a function that runs every action after the same delay and in the order of the calls.
 *
 * @param {number} ms
 * @returns {(action: () => void) => void}
 */
function createDelay(ms) {
  if (ms === 0) return (action) => action();
  /** @type {{ dueAt: number, action: () => void }[]} */
  const queue = [];
  const runDueActions = () => {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const wait = next.dueAt - performance.now();
      if (wait > 0.2) {
        setTimeout(runDueActions, wait);
        return;
      }
      queue.shift();
      next.action();
    }
  };
  return (action) => {
    queue.push({ dueAt: performance.now() + ms, action });
    if (queue.length === 1) setTimeout(runDueActions, ms);
  };
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});

process.on('message', (/** @type {{ latencyMs: number } | 'count'} */ message) => {
  if (message === 'count') {
    process.send?.({ roundTrips });
    return;
  }
  oneWayMs = message.latencyMs / 2;
  roundTrips = 0;
  process.send?.({});
});

process.on('disconnect', () => process.exit());

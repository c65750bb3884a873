// @ts-check
// A TCP proxy before a PostgreSQL server that counts round trips and can add latency. It runs in a process of its own,
// so that its work is nobody else's, and is driven by messages: see `startProxy` in proxy-control.js.
//
// A round trip: the client sends, at first or after it has received, and gets an answer. It is counted where the client
// stands, when an answer is delivered and something was sent since the one before. A client that sends much without
// waiting for an answer is counted right as long as it has sent all of it before the first answer comes back, so it is
// counted at a latency that is longer than its sending takes.
import { connect, createServer } from 'node:net';

const [host, port] = process.argv.slice(2);
let oneWayMs = 0;
let roundTrips = 0;

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true, noDelay: true });
  let asked = false;
  const toServer = delayed(oneWayMs);
  const toClient = delayed(oneWayMs);
  client.on('data', (chunk) => {
    asked = true;
    toServer(() => upstream.write(chunk));
  });
  upstream.on('data', (chunk) => {
    toClient(() => {
      if (asked) roundTrips++;
      asked = false;
      client.write(chunk);
    });
  });
  client.on('end', () => toServer(() => upstream.end()));
  upstream.on('end', () => toClient(() => client.end()));
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
});

/**
 * Does things later, each by the same time, in their order.
 *
 * @param {number} ms
 * @returns {(action: () => void) => void}
 */
function delayed(ms) {
  if (ms === 0) return (action) => action();
  /** @type {{ at: number, action: () => void }[]} */
  const queue = [];
  const work = () => {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const wait = next.at - performance.now();
      if (wait > 0.2) {
        setTimeout(work, wait);
        return;
      }
      queue.shift();
      next.action();
    }
  };
  return (action) => {
    queue.push({ at: performance.now() + ms, action });
    if (queue.length === 1) setTimeout(work, ms);
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

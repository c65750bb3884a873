import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a call ended, as the provider and its dialogue know it. */
interface Ending {
  readonly outcome: string;
  readonly answers?: readonly string[];
}

interface PlacedCall {
  readonly id: string;
  readonly number: string;
  readonly ending: Ending;
  isOver: boolean;
}

/** What the outside world has seen of the services. */
export interface Provider {
  readonly url: string;
  /** The calls by their reference, which is the `call_id` of the database. */
  readonly calls: ReadonlyMap<string, PlacedCall>;
  /** The ids of the events that the CRM has accepted. */
  readonly events: ReadonlySet<string>;
  /** Each request to send an e-mail: the id of the notification and the number of the lease. */
  readonly emails: readonly string[];
  /** The ids of the e-mails that were accepted. */
  readonly sent: ReadonlySet<string>;
  /** The provider's ids of the calls whose recordings were deleted. */
  readonly deletedRecordings: ReadonlySet<string>;
  stop(): void;
}

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
const chance = (probability: number): boolean => Math.random() < probability;

/**
 * Starts a simulated provider of telephony, dialogue, e-mail and a CRM, over HTTP. A call takes up to 200 ms. Its webhooks
 * arrive in any order: 6 % never, 15 % twice, 4 % when the services have given up waiting. Its clock is two seconds slow and
 * has whole seconds. It knows nothing of 3 % of the calls that nobody completed. One request in ten to the CRM or for an
 * e-mail fails.
 *
 * @param webhooks where the services receive webhooks
 */
export async function startProvider(webhooks: string): Promise<Provider> {
  const calls = new Map<string, PlacedCall>();
  const [events, sent, deletedRecordings] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const emails: string[] = [];
  let isStopped = false;

  const deliver = async (report: Readonly<Record<string, unknown>>): Promise<void> => {
    await sleep(Math.random() * 200 + (chance(0.04) ? 5000 : 0), undefined, { ref: false });
    // A webhook that cannot be delivered is lost.
    if (!isStopped)
      await fetch(webhooks, { method: 'POST', body: JSON.stringify(report) }).catch(() => undefined);
  };

  const ring = async (call: string, { ending }: PlacedCall): Promise<void> => {
    const report = (type: string, more = {}): void => {
      const at = `${new Date(Date.now() - 2000).toISOString().slice(0, 19)}Z`;
      for (let copies = chance(0.06) ? 0 : chance(0.15) ? 2 : 1; copies > 0; copies--)
        void deliver({ type, call, at, ...more });
    };
    await sleep(Math.random() * 100);
    if (/completed|refused/.test(ending.outcome)) report('answered');
    await sleep(Math.random() * 100);
    report('hang_up');
    report('result', ending);
  };

  const place = (reference: string, number: string): PlacedCall => {
    const outcome = pick(['completed', 'completed', 'completed', 'refused', 'no_answer', 'busy', 'failed']);
    const answers = [`Answer in ${reference}`, String(calls.size), pick(['8', '8 out of 10', 'eight'])];
    const ending = outcome === 'completed' ? { outcome, answers } : { outcome };
    const call = { id: `CA-${calls.size}-${reference}`, number, ending, isOver: false };
    calls.set(reference, call);
    void ring(reference, call).then(() => {
      call.isOver = true;
    });
    return call;
  };

  const find = (reference: string): unknown => {
    const call = calls.get(reference);
    if (call === undefined) return undefined;
    if (!call.isOver) return { type: 'in_progress' };
    const isForgotten = !/completed|refused/.test(call.ending.outcome) && reference.endsWith('7');
    const at = new Date(Date.now() - 2000).toISOString();
    return isForgotten ? undefined : { type: 'result', call: reference, at, ...call.ending };
  };

  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const [, kind = '', id = ''] = (request.url ?? '').split('/');
    const body = request.method === 'POST' ? JSON.parse(await text(request)) : {};
    if (kind === 'calls') return request.method === 'GET' ? find(id) : place(body.reference, body.to);
    if (kind === 'recordings') deletedRecordings.add(id);
    if (kind === 'emails') emails.push(`${body.key} ${body.sends_count}`);
    if (/crm|emails/.test(kind) && chance(0.1)) throw new Error('unavailable');
    if (kind === 'emails') sent.add(body.key);
    if (kind === 'crm') events.add(body.event_id);
    return { id: `${kind}-${body.key ?? id}` };
  };

  const server = createServer(async (request, response) => {
    try {
      const found = await answer(request);
      response.statusCode = found === undefined ? 404 : 200;
      response.end(JSON.stringify(found ?? {}));
    } catch {
      response.statusCode = 503;
      response.end('{}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = (): void => {
    isStopped = true;
    server.closeAllConnections();
    server.close();
  };
  return { url, calls, events, emails, sent, deletedRecordings, stop };
}

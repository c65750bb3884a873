/** How long the calls of a function took. */
export interface FunctionLatency {
  readonly function: string;
  readonly calls: number;
  /** The median and the 99th percentile in milliseconds, of the client: with the round trip. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** Collects durations in the memory of a few hundred counters, however many there are. */
export interface Latencies {
  add(name: string, ms: number): void;
  /** The functions by name. */
  summary(): readonly FunctionLatency[];
}

/** Two durations in one counter differ by at most this factor. */
const STEP = 1.05;
/** The shortest duration that differs from a shorter one, in milliseconds. */
const SHORTEST_MS = 0.01;

/** Starts an empty collection. */
export function makeLatencies(): Latencies {
  const counters = new Map<string, number[]>();
  return {
    add: (name, ms) => {
      let counts = counters.get(name);
      if (counts === undefined) {
        counts = [];
        counters.set(name, counts);
      }
      const index = Math.max(0, Math.ceil(Math.log(ms / SHORTEST_MS) / Math.log(STEP)));
      counts[index] = (counts[index] ?? 0) + 1;
    },
    summary: () =>
      [...counters]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, counts]) => ({
          function: name,
          calls: counts.reduce((sum, count) => sum + count, 0),
          medianMs: percentile(counts, 0.5),
          p99Ms: percentile(counts, 0.99),
        })),
  };
}

function percentile(counts: readonly number[], share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = Math.max(1, Math.ceil(total * share));
  // `findIndex` also visits the holes of a sparse array.
  const index = counts.findIndex((count) => {
    left -= count ?? 0;
    return left <= 0;
  });
  return Math.round(SHORTEST_MS * STEP ** index * 100) / 100;
}

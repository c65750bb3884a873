import { type Database, describeServer, type Server, withDatabase } from '../migrate/database.js';
import { readSourceFile } from '../migrate/files/source.js';
import { refuseForeignSchema } from '../migrate/foreign-schema.js';
import type { Listener } from '../migrate/run/events.js';
import { makeNoticeReporter } from '../migrate/run/notice-reporter.js';
import { withNotices } from '../migrate/run/notices.js';
import { listenToWarnings } from '../migrate/run/warnings.js';
import type { Notice } from '../migrate/script/notice.js';
import type pg from '../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { checkOptions } from '../postgres/errors/check-options.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { explainTriggersOff, TRIGGERS_ON } from '../postgres/triggers-on.js';
import { explainSeedError } from './explain-seed-error.js';
import { seedFile } from './paths.js';
import { productObjects } from './product-objects.js';

/** The options of {@link seed}. */
export interface SeedOptions extends Database {
  /** Receives the notices. */
  readonly onEvent?: Listener | undefined;
  /** Interrupts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link seed}. */
export interface SeedResult {
  readonly server: Server;
  /** How many of the eighteen rows were missing and were added. */
  readonly inserted: number;
  /** The warnings and raised messages of triggers, at most 1000. */
  readonly notices: readonly Notice[];
}

/**
 * Adds the eighteen fixed rows in one transaction. Existing rows are not changed.
 *
 * @throws ExplainedError `standby`, `read_only`, `not_replicated`, `interrupted`; `no_schema` if the migrations are not
 *   applied; `seed_failed` if the server refuses a row
 * @example
 * ```ts
 * const { inserted } = await seed({ url: process.env.DATABASE_URL ?? '' });
 * ```
 */
export async function seed(options: SeedOptions): Promise<SeedResult> {
  checkOptions('seed', options, 'url');
  return withNotices(options.onEvent, (emit) => addRows(options, emit));
}

async function addRows(options: SeedOptions, emit: Listener): Promise<Omit<SeedResult, 'notices'>> {
  const source = await readSourceFile(seedFile);
  return withDatabase(options, async ({ connection }) => {
    const { client } = connection;
    await refuseForeignSchema(client, productObjects);
    const notices = makeNoticeReporter(connection.target, () => source.text, emit);
    const warnings = listenToWarnings(connection, notices, emit);
    try {
      await client
        .query(`begin;\n${SYSTEM_NAMES_ONLY};\n${REPORT_WARNINGS};\n${TRIGGERS_ON}`)
        .catch((error: unknown) => {
          throw explainTriggersOff(error) ?? error;
        });
      const [rows] = await Promise.all([
        // The file sets the search path of the session, which behind a pooler serves other clients next.
        client.query(`${source.text}\n;reset search_path`).catch(async (error: unknown) => {
          if (options.signal?.aborted) throw error;
          throw await explainSeedError(connection, source, error);
        }),
        // Nothing follows the commit: a cancel that arrives while the server commits would cancel that.
        client.query('commit'),
      ]);
      return { server: describeServer(connection), inserted: countInserted(rows) };
    } finally {
      await warnings.stop();
    }
  });
}

function countInserted(result: unknown): number {
  const results = (Array.isArray(result) ? result : [result]) as pg.QueryResult[];
  return results.reduce(
    (sum, { command, rowCount }) => sum + (command === 'INSERT' ? (rowCount ?? 0) : 0),
    0,
  );
}

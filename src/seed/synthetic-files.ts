import { join } from 'node:path';
import { readSourceFile } from '../migrate/files/source.js';
import type { Listener } from '../migrate/run/events.js';
import { makeNoticeReporter } from '../migrate/run/notice-reporter.js';
import { listenToWarnings } from '../migrate/run/warnings.js';
import { DO_NOT_WAIT_FOR_THE_DISK } from '../migrate/script/settings.js';
import type { Connection } from '../postgres/connect.js';
import type pg from '../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../postgres/replication.js';
import { liftTimeouts } from '../postgres/timeouts.js';
import { explainTriggersOff, TRIGGERS_ON } from '../postgres/triggers-on.js';
import type { SourceFile } from '../sql/source-file.js';
import { explainSeedError } from './explain-seed-error.js';
import { syntheticFolder } from './paths.js';

/** The files of the synthetic data. */
export interface SyntheticFiles {
  readonly numbers: SourceFile;
  readonly start: SourceFile;
  readonly campaign: SourceFile;
  readonly finish: SourceFile;
}

/**
 * Runs files in one transaction, and returns the rows of the last statement. The queries are sent together; the first one that
 * fails is explained.
 *
 * @param commit whether the commit waits for the disk; the last one of a run also makes the earlier ones durable
 */
export async function runFiles(
  connection: Connection,
  settings: object,
  files: readonly SourceFile[],
  commit: 'durable' | 'fast',
  signal: AbortSignal | undefined,
): Promise<readonly object[]> {
  const { client } = connection;
  const setting = client.escapeLiteral(JSON.stringify(settings));
  const begin = [
    'begin isolation level read committed',
    SYSTEM_NAMES_ONLY,
    REPORT_WARNINGS,
    TRIGGERS_ON,
    // The two sessions of a run wait for each other, and a campaign takes longer than a statement of a service.
    liftTimeouts(connection.serverVersion.number),
    'set local lock_timeout = 0',
    `select pg_catalog.set_config('voicesurvey.synthetic', ${setting}, true)`,
    "select pg_catalog.set_config('voicesurvey.actor', 'voicesurvey-db seed', true)",
    ...(commit === 'fast' ? [DO_NOT_WAIT_FOR_THE_DISK] : []),
  ].join(';\n');
  const queries = [begin, ...files.map(({ text }) => text), 'commit'].map((sql) => client.query(sql));
  const [begun, ...sent] = queries;
  for (const query of queries) query.catch(() => undefined);
  await begun?.catch((error: unknown) => {
    throw explainTriggersOff(error) ?? error;
  });
  let last: unknown;
  for (const [index, file] of files.entries()) {
    last = await sent[index]?.catch(async (error: unknown) => {
      if (signal?.aborted) throw error;
      throw await explainSeedError(connection, file, error, 'The campaigns that were added before stay.');
    });
  }
  await sent.at(-1);
  const statement = (Array.isArray(last) ? last.at(-1) : last) as pg.QueryResult<object>;
  return statement.rows;
}

/** Reports the warnings of a connection while it works. */
export async function withWarnings<Result>(
  connection: Connection,
  sources: SyntheticFiles,
  emit: Listener,
  work: () => Promise<Result>,
): Promise<Result> {
  const text = (): string =>
    Object.values<SourceFile>({ ...sources })
      .map((source) => source.text)
      .join('\n');
  const warnings = listenToWarnings(connection, makeNoticeReporter(connection.target, text, emit), emit);
  try {
    return await work();
  } finally {
    await warnings.stop();
  }
}

export async function readSyntheticFiles(): Promise<SyntheticFiles> {
  const [numbers, start, campaign, finish] = await Promise.all([
    readSourceFile(join(syntheticFolder, 'numbers.sql')),
    readSourceFile(join(syntheticFolder, 'start.sql')),
    readSourceFile(join(syntheticFolder, 'campaign.sql')),
    readSourceFile(join(syntheticFolder, 'finish.sql')),
  ]);
  return { numbers, start, campaign, finish };
}

import { describe, expect, test } from 'vitest';
import { DEFAULT_SET } from '../../../src/catalog/migration-set.js';
import { readMigrations } from '../../../src/migrate/files/read-folder.js';
import type { ServerState } from '../../../src/migrate/history/server-state.js';
import type { HistoryRow } from '../../../src/migrate/history/table.js';
import { planSteps, type Step } from '../../../src/migrate/script/steps.js';
import { downWork, fileParser, upWork, type Work } from '../../../src/migrate/script/work.js';
import { folderWith } from '../../support/folder.js';

/** The work of every file of a direction, in the order in which it runs. */
async function worksOf(
  files: Readonly<Record<string, string>>,
  direction: 'up' | 'down' = 'up',
): Promise<readonly Work[]> {
  const migrations = await readMigrations(await folderWith(files));
  const parse = fileParser(DEFAULT_SET);
  if (direction === 'up') return Promise.all(migrations.map((migration) => upWork(migration, parse)));
  return Promise.all(
    migrations
      .toReversed()
      .flatMap((migration) => (migration.down === null ? [] : [downWork(migration, migration.down, parse)])),
  );
}

function serverWith(...rows: readonly Partial<HistoryRow>[]): ServerState {
  return {
    rows: rows as HistoryRow[],
    hasHistory: true,
    hasRelations: true,
    isStandby: false,
    isReadOnly: false,
    noticesLostClient: true,
    isPooled: false,
  };
}

/** A step in one line, for comparison. */
function inWords(step: Step): string {
  switch (step.kind) {
    case 'history':
      return 'history';
    case 'session':
      return `${step.work.label} session, ${step.settings.length} settings`;
    case 'alone':
      return `${step.work.label} alone: ${step.statement.sql}${step.wasSent ? ', sent before' : ''}`;
    case 'transaction': {
      const { work, predecessor, start, end, progress, statements, runFiles } = step;
      const recorded = progress === null ? 'the whole file' : `${progress.statementsDone} statements`;
      const last = runFiles === null ? '' : ', last of the run';
      return `${work.label} transaction after ${predecessor}, from ${start} to ${end}: ${statements.length} statements, records ${recorded}${last}`;
    }
  }
}

const INDEXES = {
  'V2.up.sql': `-- migrate: no-transaction
set work_mem = '9MB';
create table t (a integer);
create index concurrently t_by_a on t (a);
comment on table t is 'A table.';`,
  'V2.down.sql': '-- migrate: no-transaction\ndrop index concurrently t_by_a;\ndrop table t;',
};

describe('the steps of a run', () => {
  test('are none if there is no file to run', () => {
    expect(planSteps([], { ...serverWith(), hasHistory: false })).toEqual([]);
  });

  test('create the history first, then run each file in a transaction after the previous one', async () => {
    const works = await worksOf({
      'V1.up.sql': 'select 1; select 2;',
      'V1.down.sql': '',
      'V2.up.sql': 'select 3;',
      'V2.down.sql': '',
    });
    const steps = planSteps(works, { ...serverWith(), hasHistory: false });
    expect(steps.map(inWords)).toEqual([
      'history',
      'V1 transaction after null, from null to 2: 2 statements, records the whole file',
      'V2 transaction after 1, from null to 1: 1 statements, records the whole file, last of the run',
    ]);
    const last = steps.at(-1);
    expect(
      last?.kind === 'transaction' &&
        last.runFiles?.flatMap(({ statements }) => statements.map(({ sql }) => sql)),
    ).toEqual(['select 1', 'select 2', 'select 3']);
  });

  test('follow the newest row of the history when up applies a migration out of order', async () => {
    const works = await worksOf({ 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    expect(planSteps(works, serverWith({ version: 1n }, { version: 3n })).map(inWords)).toEqual([
      'V2 transaction after 3, from null to 1: 1 statements, records the whole file, last of the run',
    ]);
  });

  test('follow, in a down, the row that is the newest after the step before', async () => {
    const works = await worksOf(
      { 'V1.up.sql': '', 'V1.down.sql': 'select 1;', 'V2.up.sql': '', 'V2.down.sql': 'select 2;' },
      'down',
    );
    expect(planSteps(works, serverWith({ version: 1n }, { version: 2n })).map(inWords)).toEqual([
      'V2 transaction after 2, from null to 1: 1 statements, records the whole file',
      'V1 transaction after 1, from null to 1: 1 statements, records the whole file, last of the run',
    ]);
  });
});

describe('the steps of a no-transaction file', () => {
  test('record the progress before and after a statement that runs alone', async () => {
    const works = await worksOf(INDEXES);
    expect(planSteps(works, serverWith({ version: 1n })).map(inWords)).toEqual([
      'V2 session, 0 settings',
      'V2 transaction after 1, from null to 2: 2 statements, records 2 statements',
      'V2 transaction after 2, from 2 to 2: 0 statements, records 2 statements',
      'V2 alone: create index concurrently t_by_a on t (a)',
      'V2 transaction after 2, from 2 to 3: 0 statements, records 3 statements',
      'V2 transaction after 2, from 3 to 4: 1 statements, records the whole file, last of the run',
    ]);
  });

  test('resume after the committed statements and send their settings again', async () => {
    const works = await worksOf(INDEXES);
    const first = planSteps(works, serverWith({ version: 1n }));
    const checksum = first.flatMap((step) => ('progress' in step ? (step.progress?.checksum ?? []) : []))[0];
    const row = {
      version: 2n,
      unfinished: 'up' as const,
      statementsDone: 2,
      statementsDoneChecksum: checksum ?? '',
    };
    expect(planSteps(works, serverWith({ version: 1n }, row)).map(inWords)).toEqual([
      'V2 session, 1 settings',
      'V2 transaction after 2, from 2 to 2: 0 statements, records 2 statements',
      'V2 alone: create index concurrently t_by_a on t (a), sent before',
      'V2 transaction after 2, from 2 to 3: 0 statements, records 3 statements',
      'V2 transaction after 2, from 3 to 4: 1 statements, records the whole file, last of the run',
    ]);
  });

  test('cannot be planned if the file no longer begins with the committed statements', async () => {
    const works = await worksOf(INDEXES);
    const row = {
      version: 2n,
      unfinished: 'up' as const,
      statementsDone: 2,
      statementsDoneChecksum: 'other',
    };
    expect(() => planSteps(works, serverWith({ version: 1n }, row))).toThrow(
      expect.objectContaining({ code: 'prefix_changed' }),
    );
  });

  test('record the end of a file that has no statement', async () => {
    const works = await worksOf({ 'V2.up.sql': '-- migrate: no-transaction\n', 'V2.down.sql': '' });
    expect(planSteps(works, serverWith({ version: 1n })).map(inWords)).toEqual([
      'V2 session, 0 settings',
      'V2 transaction after 1, from null to 0: 0 statements, records the whole file, last of the run',
    ]);
  });

  test('commit a new value of an enum before the next statement', async () => {
    const works = await worksOf({
      'V2.up.sql':
        "-- migrate: no-transaction\nselect 1; alter type mood add value 'new'; select 2; select 3;",
      'V2.down.sql': '',
    });
    expect(planSteps(works, serverWith({ version: 1n })).map(inWords)).toEqual([
      'V2 session, 0 settings',
      'V2 transaction after 1, from null to 2: 2 statements, records 2 statements',
      'V2 transaction after 2, from 2 to 4: 2 statements, records the whole file, last of the run',
    ]);
  });

  test('all follow the same row in a down, because only the last step deletes that row', async () => {
    const works = await worksOf({ ...INDEXES, 'V1.up.sql': '', 'V1.down.sql': 'select 1;' }, 'down');
    expect(planSteps(works, serverWith({ version: 1n }, { version: 2n })).map(inWords)).toEqual([
      'V2 session, 0 settings',
      'V2 transaction after 2, from null to 0: 0 statements, records 0 statements',
      'V2 alone: drop index concurrently t_by_a',
      'V2 transaction after 2, from 0 to 1: 0 statements, records 1 statements',
      'V2 transaction after 2, from 1 to 2: 1 statements, records the whole file',
      'V1 transaction after 1, from null to 1: 1 statements, records the whole file, last of the run',
    ]);
  });
});

import pg from '../../postgres/driver/pg.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import type { RunContext } from '../script/context.js';
import { guard } from '../script/guard.js';
import { type Message, makeMessage, statementMessage } from '../script/message.js';
import {
  BEGIN,
  END_OF_TRANSACTION,
  lockTimeoutOf,
  RESTORE_SEARCH_PATH,
  resetSession,
  SAVE_SEARCH_PATH,
  SEARCH_PATH_OF_SESSION,
  STRINGS_AS_PARSED,
} from '../script/settings.js';
import { groupByFile, type Step, type TransactionStep } from '../script/steps.js';
import type { Work } from '../script/work.js';
import { changesIn, dataLossQuery, SAVE_CATALOG } from './detect.js';
import { isGuarded } from './guarded.js';
import { namesOtherSet, REQUIRE_OTHER_SETS, saveOtherSets } from './other-sets.js';

/** The messages of a rehearsal. */
export interface RehearsalMessages {
  readonly messages: readonly Message[];
  /** The step of each message whose last result is the losses of that step. */
  readonly queries: ReadonlyMap<Message, TransactionStep>;
}

/**
 * The messages that run steps in one transaction and roll it back, with a query of the losses of each guarded step. Steps
 * that run outside of a transaction are omitted.
 *
 * @param limitMs ends the statements of the files after this time; null for no limit
 */
export function rehearsalMessages(
  steps: readonly Step[],
  run: RunContext,
  limitMs: number | null,
): RehearsalMessages {
  const transactions = steps.filter((step) => step.kind === 'transaction');
  const [first] = transactions;
  if (first === undefined) return { messages: [], queries: new Map() };
  const queries = new Map<Message, TransactionStep>();
  let leftOut = false;
  const messagesOf = (step: Step): readonly Message[] => {
    leftOut ||= step.kind === 'alone';
    if (step.kind !== 'transaction' || step.statements.length === 0) return [];
    const { work, statements } = step;
    const tolerate = leftOut;
    const sent = statements.flatMap((statement) => {
      const message = statementMessage(work, statement);
      const limit = limitMs === null ? [] : [makeMessage('safeguard', work, endAfter(limitMs))];
      return [...limit, tolerate ? { ...message, sql: tolerant(statement.sql) } : message];
    });
    if (!isGuarded(step)) return sent;
    const query = makeMessage(
      'safeguard',
      work,
      'set constraints all immediate',
      SAVE_SEARCH_PATH,
      SYSTEM_NAMES_ONLY,
      'set local quote_all_identifiers = off',
      REQUIRE_OTHER_SETS,
      dataLossQuery(changesIn(step)),
    );
    queries.set(query, step);
    return [
      makeMessage('safeguard', work, SAVE_CATALOG, saveOtherSets(run.set)),
      ...sent,
      query,
      makeMessage('safeguard', work, RESTORE_SEARCH_PATH),
    ];
  };
  // A dry run holds no lock that the guard could find.
  const guards = run.isDryRun ? [] : [guard(first.predecessor, run)];
  const messages = [
    makeMessage('begin', first.work, BEGIN, SYSTEM_NAMES_ONLY, liftTimeouts(run.serverVersion), ...guards),
    ...groupByFile(steps).flatMap((own) => {
      const [{ work }] = own;
      if (work === null) return [];
      return [
        makeMessage('begin', work, ...fileSettings(work)),
        ...own.flatMap(messagesOf),
        makeMessage('record', work, resetSession(run)),
      ];
    }),
    makeMessage('commit', first.work, 'rollback', END_OF_TRANSACTION),
  ];
  return { messages, queries };
}

/** SQL that limits the next statement to the rest of the transaction's time. */
function endAfter(limitMs: number): string {
  const left = `${limitMs} - (extract(epoch from pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.now()) operator(pg_catalog.*) 1000)`;
  return `select from pg_catalog.set_config('statement_timeout', greatest(1, (${left})::pg_catalog.int4)::pg_catalog.text, true)`;
}

function fileSettings(work: Work): readonly string[] {
  return [
    STRINGS_AS_PARSED,
    SEARCH_PATH_OF_SESSION,
    `set local lock_timeout = ${lockTimeoutOf(work)}`,
    // The file reports its messages when it really runs.
    'set local client_min_messages = error',
    // A transaction begins with deferred constraints, but the previous file has made them immediate.
    'set constraints all deferred',
  ];
}

/**
 * Ignores the failure of a statement that may need an omitted step. It does not ignore a failure after which another attempt
 * may succeed, nor one for which objects of another set are the reason.
 */
function tolerant(sql: string): string {
  return `do $rehearse$
declare
  dependents pg_catalog.text;
begin
  execute ${pg.escapeLiteral(sql)};
exception
  when lock_not_available or deadlock_detected then
    raise;
  when dependent_objects_still_exist then
    get stacked diagnostics dependents = pg_exception_detail;
    if ${namesOtherSet('dependents')} then
      raise;
    end if;
  when others then
    null;
end
$rehearse$`;
}

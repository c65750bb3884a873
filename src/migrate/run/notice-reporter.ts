import { withAnswerLimit } from '../../postgres/answer-limit.js';
import type { Target } from '../../postgres/connection/target.js';
import { makeLazyConnection } from '../../postgres/lazy-connection.js';
import {
  collectKnownText,
  type KnownText,
  knownTextOf,
  needsCatalog,
  searchedText,
} from '../../postgres/redaction/known-text.js';
import { redactText } from '../../postgres/redaction/redact.js';
import { isRaised, type ServerText } from '../../postgres/redaction/server-text.js';
import { encodeName } from '../../text/encode.js';
import type { Listener } from './events.js';

/** A notice as the server sent it. */
export type ServerNotice = ServerText & { readonly severity?: string | undefined };

/** Reports the notices of a run, redacted and in order. */
export interface NoticeReporter {
  report(notice: ServerNotice): void;
  /** Waits until every notice is reported. */
  stop(): Promise<void>;
}

/** The class of warnings. The name of the severity depends on the language of the server. */
const WARNING_CLASS = /^01/;

/** A trigger may raise a notice for each row, each with other names. The words of more notices than these stay redacted. */
const MOST_SEARCHES = 50;

/** Checks for a warning or a raised message. The server's notices, for example that an object is skipped, are not reported. */
export function isReported(notice: ServerNotice): boolean {
  return notice.severity === 'WARNING' || WARNING_CLASS.test(notice.code ?? '') || isRaised(notice);
}

/**
 * Makes a reporter of notices. If a notice comes through a function of the database, the body of that function is read in a
 * separate session, since the session of the run is inside a transaction. Such a notice is reported later than events that
 * follow it.
 *
 * @param knownSql returns the files of the run
 */
export function makeNoticeReporter(target: Target, knownSql: () => string, emit: Listener): NoticeReporter {
  const catalog = makeLazyConnection(target, {});
  const knownText = cached(knownTextOf);
  let queue: Promise<void> | null = null;
  const emitNotice = (notice: ServerNotice, known: KnownText): void => {
    const { message: text, detail, hint } = redactText(notice, known);
    emit({ kind: 'notice', severity: encodeName(notice.severity ?? ''), text, detail, hint });
  };
  const found = new Map<string, KnownText>();
  const readKnownText = async (notice: ServerNotice, known: KnownText): Promise<KnownText> => {
    const searched = searchedText(notice);
    const before = found.get(searched);
    if (before !== undefined || found.size === MOST_SEARCHES) return before ?? known;
    const text = await readFromCatalog(notice, known);
    found.set(searched, text);
    return text;
  };
  const readFromCatalog = async (notice: ServerNotice, known: KnownText): Promise<KnownText> => {
    try {
      const connection = await catalog.open();
      return await withAnswerLimit(connection, () => collectKnownText(connection.client, known, notice));
    } catch {
      return known;
    }
  };
  return {
    report: (notice) => {
      const known = knownText(knownSql());
      const isInCatalog = needsCatalog(notice);
      if (queue === null && !isInCatalog) return emitNotice(notice, known);
      queue = (queue ?? Promise.resolve()).then(async () =>
        emitNotice(notice, isInCatalog ? await readKnownText(notice, known) : known),
      );
    },
    stop: async () => {
      await queue;
      await catalog.close();
    },
  };
}

/** A function that remembers its last result: a migration may raise many notices. */
function cached<Result>(compute: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, result: compute(text) };
    return last.result;
  };
}

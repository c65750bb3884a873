import { monotonicNow } from '../../text/clock.js';
import { drawStatusLine, eraseStatusLine, isDumbTerminal, printLines } from './terminal.js';

/** What runs now, and since when. */
interface Status {
  readonly text: string;
  /** Further lines below it. */
  readonly details: readonly string[];
  /** Of `monotonicNow()`. */
  readonly since: number;
  /** Whether it is shown only if it lasts for a second. */
  readonly isDelayed: boolean;
}

const TICK_MS = 200;

/** What the command does while it reports nothing more exact; null if no command runs that a person waits for. */
let activity: string | null = null;
let status: Status | null = null;
let timer: NodeJS.Timeout | undefined;

/** The last line on a terminal that cannot erase one: its text, when it was printed, and after how many seconds it is repeated. */
let printed = { text: '', at: Number.NEGATIVE_INFINITY, repeatAfter: 0 };

/**
 * Shows on a terminal what a command does, with its seconds, once it has taken a second. No output of a command that ends
 * sooner, and none to a file or a pipe.
 *
 * @param text such as `Comparing the catalogs`
 */
export function startActivity(text: string): void {
  activity = text;
  timer ??= setInterval(draw, TICK_MS).unref();
  clearStatusLine();
}

/** Ends the activity and erases the status line. */
export function endActivity(): void {
  activity = null;
  status = null;
  clearInterval(timer);
  timer = undefined;
  eraseStatusLine();
}

/** How {@link showStatusLine} shows a text. */
interface StatusOptions {
  readonly continues?: boolean;
  readonly details?: readonly string[];
}

/**
 * Shows what an activity does now, with its seconds from the first on. Nothing is shown without an activity.
 *
 * @param options.continues the seconds count on from the text before
 * @param options.details lines below it, for a terminal that can erase them
 */
export function showStatusLine(text: string, { continues = false, details = [] }: StatusOptions = {}): void {
  if (activity === null) return;
  const since = (continues && status?.since) || monotonicNow();
  status = { text, details, since, isDelayed: false };
  draw();
}

/** Erases the status line, and shows the activity again when another second has passed. */
export function clearStatusLine(): void {
  eraseStatusLine();
  printed = { ...printed, text: '' };
  status = activity === null ? null : { text: activity, details: [], since: monotonicNow(), isDelayed: true };
}

function draw(): void {
  if (status === null) return;
  const seconds = Math.floor((monotonicNow() - status.since) / 1000);
  if (isDumbTerminal()) printStatus(status.text, seconds);
  else if (seconds >= 1) drawStatusLine(`${status.text} … ${seconds} s`, ...status.details);
  else if (!status.isDelayed) drawStatusLine(`${status.text} …`, ...status.details);
}

/**
 * Prints what lasts as a separate line, for a terminal that cannot erase one: at most one line a second, and the same text
 * again after 2, 4, 8, … seconds.
 */
function printStatus(text: string, seconds: number): void {
  const now = monotonicNow();
  const isDue = text === printed.text ? seconds >= printed.repeatAfter : now - printed.at >= 1000;
  if (seconds < 1 || !isDue) return;
  printed = { text, at: now, repeatAfter: 2 * seconds };
  printLines(`${text} … ${seconds} s`);
}

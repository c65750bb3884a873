import { lossLine } from '../../migrate/data-loss/loss.js';
import type { DriftSince } from '../../migrate/history/drift.js';
import type { Listener, RunEvent } from '../../migrate/run/events.js';
import { describeHolder } from '../../migrate/run/lock.js';
import { describeBlocker } from '../../postgres/blocker.js';
import { differenceLines, saySentences } from './output.js';

/** Tells people on standard error how a run goes; what only fills the time goes to a terminal alone. */
export const tellProgress: Listener = (event) => {
  if (event.kind === 'started' || event.kind === 'building') {
    tellPassing(lineFor(event));
  } else {
    endProgress();
    saySentences(...(event.kind === 'drifted' ? driftedLines(event) : [lineFor(event)]));
  }
};

/** Whether a line stands on the terminal that is only passing. */
let isPassing = false;

/** Shows a line on a terminal until the next one takes its place. */
export function tellPassing(line: string): void {
  if (!process.stderr.isTTY) return;
  isPassing = true;
  process.stderr.write(`${ERASE_LINE}${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** Takes back a line that was only passing. */
export function endProgress(): void {
  if (isPassing) process.stderr.write(ERASE_LINE);
  isPassing = false;
}

const ERASE_LINE = '\r\u001B[K';

function driftedLines({ since, differences }: DriftSince): string[] {
  return [
    `warning: since ${since} somebody has changed the schema by other means; from here on it counts as it is:`,
    ...differenceLines(differences),
  ];
}

function lineFor(event: Exclude<RunEvent, { kind: 'drifted' }>): string {
  switch (event.kind) {
    case 'started':
      return `${event.name} ${event.direction} …`;
    case 'finished':
      return `${event.name} ${event.direction === 'up' ? 'applied' : 'rolled back'} in ${event.durationMs} ms`;
    case 'waiting':
      return `waiting: ${describeHolder(event.holder)} is migrating this database`;
    case 'blocked':
      return `waiting for a lock that is held by ${describeBlocker(event.blocker)}`;
    case 'retrying':
      return `${event.name}: a lock was not free; trying again in ${Math.ceil(event.pauseMs / 1000)} s`;
    case 'building':
      return `${event.index}: ${event.phase}${event.percent === null ? '' : `, ${event.percent} %`}`;
    case 'rebuilding':
      return `the index ${event.index} was left invalid by an earlier run: dropping it, to build it again`;
    case 'leftover':
      return `waiting for server process ${event.pid}, which still executes this statement for an earlier run`;
    case 'kept':
      return [`kept in ${event.folder}:`, ...event.losses.map((loss) => `  ${lossLine(loss)}`)].join('\n');
    case 'notice':
      return `${event.severity.toLowerCase()}: ${event.text}`;
  }
}

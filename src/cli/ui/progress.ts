import { lossLine } from '../../migrate/data-loss/loss.js';
import type { Drift, DriftDetails } from '../../migrate/history/drift.js';
import type { Listener, RunEvent } from '../../migrate/run/events.js';
import { describeHolder } from '../../migrate/run/lock-holder.js';
import type { Notice } from '../../migrate/script/notice.js';
import { describeBlocker } from '../../postgres/blocker.js';
import { encodeName } from '../../text/encode.js';
import { differenceLines } from './lines.js';
import { displayPath } from './paths.js';
import { clearStatusLine, showStatusLine } from './status-line.js';
import { printRemarks } from './terminal.js';

/** Prints the events of a run on standard error; those without lasting interest only as the status line of a terminal. */
export const printProgress: Listener = (event) => {
  if (event.kind === 'started' || event.kind === 'executing' || event.kind === 'building') {
    showStatusLine(lineFor(event), { continues: event.kind === 'building' });
  } else {
    if (event.kind === 'finished') clearStatusLine();
    printRemarks(...eventLines(event));
  }
};

/** The events that no later command reports: a backup that was written, and drift that counts as part of the schema from then on. */
const UNREPEATED = new Set(['backed-up', 'drifted', 'drift-unknown', 'snapshot-missing']);

/**
 * Makes a listener for --json. It prints an event that no later command reports when it happens: if a later step fails or the
 * command is killed, no result has it.
 */
export function printUnrepeated(print: Listener = printProgress): Listener {
  let set: RunEvent | null = null;
  return (event) => {
    if (event.kind === 'set-started') set = event;
    if (!UNREPEATED.has(event.kind)) return;
    if (set !== null) print(set);
    set = null;
    print(event);
  };
}

/** The lines of an event. */
export function eventLines(event: RunEvent): string[] {
  return event.kind === 'drifted' ? driftLines(event) : [lineFor(event)];
}

function driftLines({ since, differences }: DriftDetails): string[] {
  return [
    `warning: since ${encodeName(since)} the schema was changed outside of migrations; drift is now measured from this state:`,
    ...differenceLines(differences),
  ];
}

function sinceText({ since }: Drift): string {
  return since === null ? '' : ` since ${encodeName(since)}`;
}

/** The lines of a notice. */
export function noticeLines({ severity, text, detail, hint }: Notice): string[] {
  return [
    `${severity.toLowerCase()}: ${text}`,
    ...(detail === null ? [] : [`detail: ${detail}`]),
    ...(hint === null ? [] : [`hint: ${hint}`]),
  ];
}

function lineFor(event: Exclude<RunEvent, { kind: 'drifted' }>): string {
  const name = 'name' in event ? encodeName(event.name) : '';
  switch (event.kind) {
    case 'drift-unknown':
      return `warning: changes outside of migrations${sinceText(event.drift)} cannot be found: ${encodeName(event.drift.reason ?? '')}; drift is now measured from this state`;
    case 'snapshot-missing':
      return `warning: no snapshot of the catalog was recorded: ${encodeName(event.reason)}`;
    case 'set-started':
      return event.set === null ? 'the default set:' : `the set ${event.set}:`;
    case 'started':
      return `${name} ${event.direction}`;
    case 'executing':
      return `${name} ${event.direction}, line ${event.line}`;
    case 'finished':
      return `${name} ${event.direction === 'up' ? 'committed' : 'rollback committed'} in ${event.durationMs} ms`;
    case 'waiting':
      return `waiting: ${describeHolder(event.holder)} ${event.holder?.isRun === false ? 'is no run, but holds the lock of this database' : 'is migrating this database'}`;
    case 'blocked':
      return `waiting for a lock held by ${describeBlocker(event.blocker)}`;
    case 'retrying':
      return `${name}: ${event.reason}; retrying in ${Math.ceil(event.pauseMs / 1000)} s`;
    case 'building':
      return `${encodeName(event.index)}: ${event.phase}${event.percent === null ? '' : `, ${event.percent} %`}`;
    case 'rebuilding':
      return `an earlier run left the index ${encodeName(event.index)} invalid: dropping it and building it again`;
    case 'leftover':
      return `waiting for server process ${event.pid}, which still executes this statement for an earlier run`;
    case 'backed-up':
      return [
        `backed up to ${displayPath(event.folder)}:`,
        ...event.losses.map((loss) => `  ${lossLine(loss)}`),
      ].join('\n');
    case 'notice':
      return noticeLines(event).join('\n');
  }
}

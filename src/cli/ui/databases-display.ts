import type { Listener } from '../../migrate/run/events.js';
import { eventLines } from './progress.js';
import { showStatusLine } from './status-line.js';
import { printRemarks } from './terminal.js';

/** Shows how far the work on several databases is. */
export interface DatabasesDisplay {
  /** The listener of a run, whose lines begin with the name of its database. */
  readonly listenerFor: (name: string) => Listener;
  /** Prints that the work on a database has ended. */
  readonly end: (name: string, result: string) => void;
}

/** Events of one run that are shown only while they are current. */
const PASSING = new Set(['started', 'executing', 'building', 'finished']);

/**
 * Makes a display that prints a line for each database that has ended, and for each event of lasting interest. A terminal
 * also shows the databases in progress, each with its current file.
 *
 * @param count of the databases
 */
export function makeDatabasesDisplay(count: number): DatabasesDisplay {
  const running = new Map<string, string>();
  let ended = 0;
  const draw = (): void => {
    const details = [...running].map(([name, line]) => `  ${name}: ${line}`);
    showStatusLine(`${ended} of ${count} databases done`, { continues: true, details });
  };
  return {
    listenerFor: (name) => (event) => {
      if (PASSING.has(event.kind)) running.set(name, eventLines(event).join(' '));
      else printFor(name)(event);
      draw();
    },
    end: (name, result) => {
      running.delete(name);
      ended += 1;
      printRemarks(`${name}: ${result}`);
      draw();
    },
  };
}

/** Prints the lines of the events of a run; each begins with the name of its database. */
export function printFor(name: string): Listener {
  return (event) => printRemarks(...eventLines(event).map((line) => withName(line, name)));
}

/** Adds the name of a database to a line. The label of a warning stays in front, so that --quiet still prints the line. */
function withName(text: string, name: string): string {
  const warning = 'warning: ';
  const [label, rest] = text.startsWith(warning) ? [warning, text.slice(warning.length)] : ['', text];
  return `${label}${name}: ${rest}`;
}

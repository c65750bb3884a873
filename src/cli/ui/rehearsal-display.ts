import type { InjectedFailures } from '../../rehearse/services/rehearsal.js';
import type { RehearsalProgress } from '../../rehearse/services/watch.js';
import { monotonicNow } from '../../text/clock.js';
import { plural } from '../../text/plural.js';
import { showStatusLine } from './status-line.js';
import { isDumbTerminal, printRemarks } from './terminal.js';

/** How often a line is printed if standard error is no terminal. */
const LINE_EVERY_MS = 5000;

const TITLES = {
  preparing: 'Creating the database and importing the contacts',
  calling: 'Calling',
  'waiting for retries': 'Waiting for the retry interval of a minute; nothing else is due',
  closing: 'Asking the provider about calls whose webhooks are missing',
  delivering: 'Delivering the last events and e-mails',
  checking: 'Checking the rules over all rows',
} as const satisfies Record<RehearsalProgress['phase'], string>;

/** Shows how far a rehearsal is: a table on a terminal, and otherwise a line every few seconds. */
export function makeRehearsalDisplay(): (progress: RehearsalProgress) => void {
  let printedAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (process.stderr.isTTY && !isDumbTerminal()) {
      showStatusLine(TITLES[progress.phase], { continues: true, details: detailsOf(progress) });
    } else if (monotonicNow() - printedAt >= LINE_EVERY_MS) {
      printedAt = monotonicNow();
      printRemarks(lineOf(progress));
    }
  };
}

/** All failures, in words. */
export function failureWords(injected: InjectedFailures): {
  readonly webhooks: readonly string[];
  readonly services: readonly string[];
  readonly incidents: readonly string[];
} {
  return {
    webhooks: [
      `${injected.webhooksLost} lost`,
      `${injected.webhooksDoubled} doubled`,
      `${injected.webhooksLate} late`,
    ],
    services: [
      `${injected.servicesKilled} killed`,
      `${injected.sessionsTerminated} terminated`,
      plural(injected.serverRestarts, 'server restart'),
    ],
    incidents: [
      plural(injected.pauses, 'pause'),
      `${injected.excludedInCall} excluded`,
      `${injected.erasedInCall} erased in a call`,
    ],
  };
}

function detailsOf(progress: RehearsalProgress): readonly string[] {
  const { contacts, calls, callsPerSecond, openCalls, limit, events, emails, injected, reconnections } =
    progress;
  const { webhooks, services, incidents } = failureWords(injected);
  return [
    row('calls', `${calls}`, `${Math.round(callsPerSecond)} per second`, `${openCalls} of ${limit} open`),
    row(
      'contacts',
      `${contacts.pending} pending`,
      `${contacts.in_progress} in progress`,
      `${contacts.completed} completed`,
    ),
    row(
      '',
      `${contacts.refused} refused`,
      `${contacts.not_reached} not reached`,
      `${contacts.excluded} excluded`,
    ),
    row('delivered', plural(events, 'event'), plural(emails, 'e-mail')),
    row('webhooks', ...webhooks),
    row('services', ...services),
    row('', `${reconnections} reconnected`),
    row('incidents', ...incidents),
  ];
}

const row = (name: string, ...cells: readonly string[]): string =>
  `  ${name.padEnd(11)}${cells.map((cell) => cell.padEnd(20)).join('  ')}`.trimEnd();

function lineOf(progress: RehearsalProgress): string {
  const { phase, seconds, contacts, calls, callsPerSecond, openCalls, limit, injected, reconnections } =
    progress;
  const failures = Object.values(injected).reduce((sum, count) => sum + count, 0);
  const ended = contacts.completed + contacts.refused + contacts.not_reached + contacts.excluded;
  return [
    `${Math.round(seconds)} s: ${phase}`,
    `${plural(calls, 'call')}, ${Math.round(callsPerSecond)} per second, ${openCalls} of ${limit} open`,
    `${contacts.pending} pending, ${ended} ended`,
    `${plural(progress.events, 'event')}, ${plural(progress.emails, 'e-mail')}`,
    ...(failures > 0 ? [`${plural(failures, 'failure')} injected, ${reconnections} reconnected`] : []),
  ].join('; ');
}

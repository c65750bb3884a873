import type { Listener } from '../migrate/events.js';
import { describeHolder } from '../migrate/lock.js';
import { say } from './output.js';

/** Tells people on standard error how a run goes; what only fills the time goes to a terminal alone. */
export const tellProgress: Listener = (event) => {
  switch (event.kind) {
    case 'started':
      if (process.stderr.isTTY) say(`${event.name} ${event.direction} …`);
      break;
    case 'finished':
      say(`${event.name} ${event.direction === 'up' ? 'applied' : 'rolled back'} in ${event.durationMs} ms`);
      break;
    case 'waiting':
      say(`waiting: ${describeHolder(event.holder)} is migrating this database`);
      break;
    case 'retrying':
      say(`${event.name}: a lock was not free; trying again in ${Math.ceil(event.pauseMs / 1000)} s`);
      break;
    case 'notice':
      say(`${event.severity.toLowerCase()}: ${event.text}`);
      break;
  }
};

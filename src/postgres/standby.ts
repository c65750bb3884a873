import { option, remedy } from '../text/remedy.js';
import { ExplainedError } from './errors/explained-error.js';

/**
 * The error of a command that must write, on a server that follows another one.
 *
 * @param server the address of the server, without its password
 */
export function standbyError(server: string): ExplainedError {
  return new ExplainedError(
    'standby',
    `${server} is a standby: it follows another server and cannot be changed.`,
    { remedy: remedy`Set ${option('url')} to the address of the primary server.` },
  );
}

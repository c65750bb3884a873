import { migrationsDirectory } from '../../seed/paths.js';
import { shellQuote } from '../../text/shell-quote.js';

const OUR_COMMANDS = /voicesurvey-db (?:up|down|status|verify|repair)\b(?: [Vv]?\d+)?/g;

/**
 * Puts `--dir` into the commands that a sentence advises: as it stands there it would be about the product's own files.
 *
 * @param folder the folder that the command itself was given
 */
export function adviseFor(folder: string | undefined, sentence: string): string {
  if (folder === undefined || folder === migrationsDirectory) return sentence;
  return sentence.replace(OUR_COMMANDS, (command) => `${command} --dir ${shellQuote(folder)}`);
}

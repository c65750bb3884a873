import type { Command } from 'commander';
import { acceptCommand } from './commands/accept.js';
import { baselineCommand } from './commands/baseline.js';
import { checkCommand } from './commands/check.js';
import { docsCommand } from './commands/docs.js';
import { downCommand } from './commands/down.js';
import { newCommand } from './commands/new.js';
import { repairCommand } from './commands/repair.js';
import { seedCommand } from './commands/seed.js';
import { startCommand } from './commands/start.js';
import { statusCommand } from './commands/status.js';
import { stopCommand } from './commands/stop.js';
import { typesCommand } from './commands/types.js';
import { upCommand } from './commands/up.js';
import { urlCommand } from './commands/url.js';
import { verifyCommand } from './commands/verify.js';

// A command imports what only it needs when it runs: loading all of it would take much of the time of an `up`.

/** The commands by their names, in the order of the help. */
export const COMMANDS: Readonly<Record<string, () => Command>> = {
  up: upCommand,
  down: downCommand,
  status: statusCommand,
  verify: verifyCommand,
  baseline: baselineCommand,
  check: checkCommand,
  new: newCommand,
  docs: docsCommand,
  types: typesCommand,
  repair: repairCommand,
  accept: acceptCommand,
  seed: seedCommand,
  start: startCommand,
  stop: stopCommand,
  url: urlCommand,
};

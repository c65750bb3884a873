import type { Command } from 'commander';
import { upCommand } from './commands/up.js';

/** Loads and defines the commands, by their names, in the order of the help. All but `up`, which deploys run, are loaded only then. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => upCommand(),
  down: async () => (await import('./commands/down.js')).downCommand(),
  redo: async () => (await import('./commands/redo.js')).redoCommand(),
  restore: async () => (await import('./commands/restore.js')).restoreCommand(),
  status: async () => (await import('./commands/status.js')).statusCommand(),
  verify: async () => (await import('./commands/verify.js')).verifyCommand(),
  baseline: async () => (await import('./commands/baseline.js')).baselineCommand(),
  check: async () => (await import('./commands/check.js')).checkCommand(),
  new: async () => (await import('./commands/new.js')).newCommand(),
  docs: async () => (await import('./commands/docs.js')).docsCommand(),
  types: async () => (await import('./commands/types.js')).typesCommand(),
  repair: async () => (await import('./commands/repair.js')).repairCommand(),
  accept: async () => (await import('./commands/accept.js')).acceptCommand(),
  seed: async () => (await import('./commands/seed.js')).seedCommand(),
  import: async () => (await import('./commands/import.js')).importCommand(),
  export: async () => (await import('./commands/export.js')).exportCommand(),
  roles: async () => (await import('./commands/roles.js')).rolesCommand(),
  rehearse: async () => (await import('./commands/rehearse.js')).rehearseCommand(),
  'test-database': async () => (await import('./commands/test-database.js')).testDatabaseCommand(),
  sql: async () => (await import('./commands/sql.js')).sqlCommand(),
  start: async () => (await import('./commands/start.js')).startCommand(),
  stop: async () => (await import('./commands/stop.js')).stopCommand(),
  reset: async () => (await import('./commands/reset.js')).resetCommand(),
  url: async () => (await import('./commands/url.js')).urlCommand(),
};

import type { Command } from 'commander';
import { type CreateRolesResult, createRoles } from '../../seed/create-roles.js';
import { call, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import type { CommandResult, Line } from '../ui/result.js';

const HELP = {
  name: 'roles',
  summary: 'create the roles of the services with their privileges',
  description:
    'Creates the roles of the services, such as voicesurvey_caller, and grants them the functions of the API that each ' +
    'needs. None of them can log in: create a role with a password for each service, as a member of one of these. Roles ' +
    'belong to all databases of a server. Run again, it changes nothing.',
  activity: 'Creating the roles',
  examples: [['roles', 'create the roles that are missing, and grant what they may do']],
} as const;

/** `roles`: creates the roles of the services. */
export function rolesCommand(): Command {
  return defineDatabaseCommand<CommonOptions>(HELP, run);
}

async function run(
  _options: CommonOptions,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await createRoles({ url, signal });
  return { document: { ...result }, lines: resultLines(linesFor(result), result.server) };
}

function linesFor({ created, granted }: CreateRolesResult): readonly Line[] {
  return [
    created.length === 0 ? 'The roles exist.' : `Created ${created.join(', ')}.`,
    granted
      ? 'They have their privileges on this database.'
      : remedy`This database does not have the API yet: ${call('up')} grants them their privileges.`,
  ];
}

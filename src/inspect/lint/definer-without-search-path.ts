import { type NamedObject, objectsOf, textsOf } from '../../catalog/objects.js';
import type { Command } from './commands.js';
import { findDefinition } from './definition.js';
import type { LintRule } from './rule.js';
import { withoutArguments } from './target.js';

/** A `security definer` function that finds names through the search path of its caller. */
export const definerWithoutSearchPath: LintRule = {
  name: 'definer-without-search-path',
  find: (folder) =>
    objectsOf(folder.catalog, 'function', 'procedure')
      .filter(isDefinerWithoutSearchPath)
      .map(({ kind, name }) => ({
        ...findDefinition(folder, { kind: 'function', object: withoutArguments(name) }),
        message: `The ${kind} ${name} runs with its owner's rights and finds names through the caller's search path.`,
        remedy:
          'Write into its definition: set search_path = pg_catalog, pg_temp. Write other names with their schema.',
      }))
      .filter(({ command }) => !isBoundWhenCreated(command)),
};

function isDefinerWithoutSearchPath({ facts }: NamedObject): boolean {
  const setsIt = textsOf(facts.settings).some((setting) => setting.startsWith('search_path='));
  return facts['security definer'] === true && !setsIt;
}

/** Whether the body is SQL that PostgreSQL parses, and whose names it finds, when it creates the function. */
function isBoundWhenCreated(command: Command | null): boolean {
  return (
    command !== null &&
    'CreateFunctionStmt' in command.node &&
    command.node.CreateFunctionStmt.sql_body !== undefined
  );
}

import type { Node } from 'libpg-query';
import type { Migration } from '../../migrate/files/read-folder.js';
import { loadBodyParser, loadParser, type Parse } from '../../sql/parser.js';
import { parseStatements, type Statement } from '../../sql/statements.js';

/** A migration with what its up file commands. */
export interface LintedFile {
  readonly migration: Migration;
  /** The statements as the engine sends them. */
  readonly statements: readonly Statement[];
  /** The same, and behind every `do` block the statements in it, in the order in which they stand. */
  readonly commands: readonly Command[];
}

/** A statement of a file, or of a `do` block in it. */
export interface Command {
  readonly node: Node;
  readonly migration: Migration;
  /** Where it starts in the file, in UTF-16 code units. */
  readonly offset: number;
  /**
   * Where a part of it stands in the file.
   *
   * @param location as the parse tree tells it; where it is missing, the command's own place is given
   */
  readonly at: (location: number | undefined) => number;
}

type ParseBody = (statement: string) => unknown;

/** Parses the up file of a migration. It has no tables that a function makes when it is called, nor `execute`. */
export async function readCommands(migration: Migration): Promise<LintedFile> {
  const statements = await parseStatements(migration.up.source);
  const parse = await loadParser();
  const parseBody = await loadBodyParser();
  const bytes = Buffer.from(migration.up.source.text);
  const commands = statements.flatMap((statement) => {
    const { node, offset } = statement;
    const at = (location: number | undefined): number =>
      location === undefined ? offset : bytes.toString('utf8', 0, location).length;
    return [{ node, migration, offset, at }, ...commandsInBlock(statement, migration, parse, parseBody)];
  });
  return { migration, statements, commands };
}

function commandsInBlock(
  statement: Statement,
  migration: Migration,
  parse: Parse,
  parseBody: ParseBody,
): Command[] {
  if (!('DoStmt' in statement.node)) return [];
  return queriesIn(tryTo(() => parseBody(statement.sql))).flatMap((query) => {
    const found = migration.up.source.text.indexOf(query, statement.offset);
    const offset = found === -1 || found > statement.offset + statement.sql.length ? statement.offset : found;
    const bytes = Buffer.from(query);
    const at = (location: number | undefined): number =>
      offset + (found === offset ? bytes.toString('utf8', 0, location ?? 0).length : 0);
    return (tryTo(() => parse(query)) ?? []).flatMap(({ stmt }) =>
      stmt === undefined ? [] : [{ node: stmt, migration, offset, at }],
    );
  });
}

/** A block in another language, or with a type that only a server knows, is not looked into. */
function tryTo<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The statements of SQL in a tree of PL/pgSQL, wherever they are nested. */
function queriesIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'sqlstmt' ? textsOfQuery(value) : queriesIn(value),
  );
}

function textsOfQuery(tree: unknown): string[] {
  if (typeof tree === 'string') return [tree];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === 'query' || typeof value === 'object' ? textsOfQuery(value) : [],
  );
}

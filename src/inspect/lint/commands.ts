import type { Node } from 'libpg-query';
import type { Migration } from '../../migrate/files/read-folder.js';
import { loadBodyParser, loadParser, type Parse } from '../../sql/parser.js';
import { parseStatements, type Statement } from '../../sql/statements.js';

/** The parsed up file of a migration. */
export interface ParsedFile {
  readonly migration: Migration;
  /** The statements as the engine sends them. */
  readonly statements: readonly Statement[];
  /** The same statements, and after every `do` block the statements in it. */
  readonly commands: readonly Command[];
}

/** A statement of a file, or of a `do` block in it. */
export interface Command {
  readonly node: Node;
  readonly migration: Migration;
  /** The offset of its start in the file, in UTF-16 code units. */
  readonly offset: number;
  /**
   * Converts a location in the parse tree to an offset in the file.
   *
   * @returns the offset of the command, if the location is undefined
   */
  readonly at: (location: number | undefined) => number;
}

type ParseBody = (statement: string) => unknown;

/** Parses the up file of a migration. SQL that a function or `execute` runs is not among the commands. */
export async function parseUpFile(migration: Migration): Promise<ParsedFile> {
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
  return queriesIn(undefinedIfRejected(() => parseBody(statement.sql))).flatMap((query) => {
    const start = migration.up.source.text.indexOf(query, statement.offset);
    const isInBlock = start !== -1 && start <= statement.offset + statement.sql.length;
    const offset = isInBlock ? start : statement.offset;
    const bytes = Buffer.from(query);
    const at = (location: number | undefined): number =>
      offset + (isInBlock ? bytes.toString('utf8', 0, location ?? 0).length : 0);
    return (undefinedIfRejected(() => parse(query)) ?? []).flatMap(({ stmt }) =>
      stmt === undefined ? [] : [{ node: stmt, migration, offset, at }],
    );
  });
}

/** The parser rejects blocks in other languages, and types that only a server knows. Such blocks are skipped. */
function undefinedIfRejected<Result>(parse: () => Result): Result | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** The statements of SQL in a tree of PL/pgSQL, at any depth. */
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

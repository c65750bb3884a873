import type { Migration } from '../../migrate/files/read-folder.js';
import { type Command, type LintedFile, readCommands } from './commands.js';
import { nameOfRelation } from './names.js';
import { apply, emptyModel } from './replay.js';
import type { Model, Written } from './schema-model.js';

/** A file in its folder. */
export interface FileInFolder extends LintedFile {
  /** The tables that this file makes: nobody else has seen them, so they may be locked and read whole. */
  readonly newTables: ReadonlySet<string>;
}

/** A folder of migrations as the lints see it. */
export interface Folder {
  readonly files: readonly FileInFolder[];
  /** What all the files together leave. */
  readonly model: Model;
}

/** Something that a lint has found. */
export interface Report extends Written {
  readonly message: string;
  readonly remedy: string;
}

/** One lint: its name, under which a file can allow an exception, and how it looks. */
export interface Lint {
  readonly name: string;
  readonly find: (folder: Folder) => readonly Report[];
}

/** Parses the up files of a folder and replays them. */
export async function readFolder(migrations: readonly Migration[]): Promise<Folder> {
  const model = emptyModel();
  const files: FileInFolder[] = [];
  for (const migration of migrations) {
    const file = await readCommands(migration);
    files.push({ ...file, newTables: replayFile(model, file) });
  }
  return { files, model };
}

function replayFile(model: Model, { migration, commands }: LintedFile): ReadonlySet<string> {
  const before = new Set(model.tables.keys());
  for (const command of commands) apply(model, command);
  const made = commands.flatMap(madeBy).filter((name) => !before.has(name));
  const left = [...model.tables.values()].filter((table) => table.command.migration === migration);
  return new Set([...made, ...left.map(({ name }) => name)]);
}

function madeBy({ node }: Command): string[] {
  if ('CreateStmt' in node) return [nameOfRelation(node.CreateStmt.relation)];
  return 'CreateTableAsStmt' in node ? [nameOfRelation(node.CreateTableAsStmt.into?.rel)] : [];
}

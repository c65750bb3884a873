import { join } from 'node:path';
import { packageRoot } from '../ui/package-root.js';
import { displayPath } from '../ui/paths.js';
import { PROGRAM } from '../ui/program-name.js';

const run = (...words: readonly string[]): string =>
  `The command for that is ${words.map((word) => `\`${PROGRAM} ${word}\``).join(' or ')}.`;

const UP = run('up');
const DOWN = run('down');
const STATUS = run('status');
const NEW = run('new');
const SQL = run('sql');
const RESET = `${run('reset')} It deletes the embedded server; no command of this program drops another database.`;
const PAGE = displayPath(join(packageRoot, 'docs/operations.md'));
const DUMP = `This program does not dump a database: run pg_dump with the address of the database, see ${PAGE}.`;
const RESTORE = `This program does not restore a dump: run pg_restore or psql with the address of the database, see ${PAGE}.`;

/** What other tools call a command, and what to do here. */
const ADVICE: Readonly<Record<string, string>> = {
  ...named(UP, 'migrate', 'apply', 'deploy', 'upgrade', 'update', 'latest', 'push', 'sync', 'forward'),
  ...named(DOWN, 'rollback', 'revert', 'undo', 'downgrade', 'back', 'backward'),
  ...named(
    STATUS,
    'info',
    'list',
    'ls',
    'history',
    'log',
    'pending',
    'state',
    'current',
    'show',
    'stat',
    'st',
  ),
  ...named(NEW, 'create', 'make', 'add', 'scaffold'),
  ...named(run('new', 'types', 'docs'), 'generate', 'gen', 'g'),
  ...named(run('types'), 'codegen', 'typegen', 'pull', 'introspect'),
  ...named(run('docs'), 'doc', 'documentation', 'erd', 'diagram', 'schema'),
  ...named(DUMP, 'dump', 'backup', 'pg_dump'),
  ...named(RESTORE, 'load', 'pg_restore'),
  ...named(RESET, 'drop', 'destroy', 'delete', 'remove', 'wipe', 'clean', 'nuke', 'fresh', 'recreate'),
  ...named(run('redo'), 'reapply', 'rerun', 'refresh'),
  ...named(SQL, 'query', 'exec', 'execute', 'select', 'psql', 'shell', 'console', 'repl', 'studio'),
  ...named(run('url'), 'connect', 'address', 'uri', 'dsn', 'env'),
  ...named(run('up --seed'), 'init', 'setup', 'bootstrap', 'install', 'prepare'),
  ...named(run('seed'), 'populate', 'fixtures', 'seeds'),
  ...named(run('start'), 'serve', 'server', 'run', 'launch', 'open'),
  ...named(run('stop', 'start'), 'restart', 'reload'),
  ...named(`${run('status')} It prints where the log of the embedded server is.`, 'logs', 'tail'),
  ...named(run('stop'), 'shutdown', 'halt', 'close', 'quit', 'kill'),
  ...named(run('check'), 'lint', 'validate', 'test', 'prove', 'audit'),
  ...named(run('check --locks'), 'locks'),
  ...named(run('verify'), 'diff', 'drift', 'doctor', 'compare'),
  ...named(run('baseline'), 'adopt', 'stamp', 'mark', 'resolve', 'fake'),
  ...named(`${run('up --dry-run')} It prints the SQL and changes nothing.`, 'plan', 'preview', 'script'),
};

/** Words before the command in other tools, as in `migrate down` and `db:rollback`. */
const PREFIXES = new Set(['migrate', 'migration', 'migrations', 'db', 'database']);

function named(advice: string, ...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, advice]));
}

/**
 * Advises on words that are no command, if another tool would understand them.
 *
 * @param args the words after the program's name
 * @param commands the names of the commands
 * @returns whole sentences, or undefined
 * @example
 * ```ts
 * adviseOn(['db:rollback'], ['up', 'down']); // in a clone: The command for that is `./bin/voicesurvey-db down`.
 * ```
 */
export function adviseOn(args: readonly string[], commands: readonly string[]): string | undefined {
  const words = args.slice(0, 2).flatMap((arg) => arg.toLowerCase().split(':'));
  const rest = words.slice(words.findIndex((word) => !PREFIXES.has(word)));
  for (const word of PREFIXES.has(words[0] ?? '') ? [rest[0], words[0]] : [words[0]]) {
    if (word === undefined) continue;
    if (commands.includes(word)) return run(word);
    if (Object.hasOwn(ADVICE, word)) return ADVICE[word];
  }
  return undefined;
}

/**
 * Finds the names that differ from a word by one typing mistake: a letter that is missing, added or wrong, or two that are
 * exchanged. A more distant name may be the opposite of what the user means.
 */
export function similarNames(word: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => isOneMistakeAway(word, name));
}

function isOneMistakeAway(word: string, name: string): boolean {
  if (word === name || Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === name[start]) start += 1;
  const [left, right] = [word.slice(start), name.slice(start)];
  const isExchange = left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2);
  return (
    (isExchange && left.length >= 2 && right.length >= 2) ||
    left.slice(1) === right.slice(1) ||
    left.slice(1) === right ||
    left === right.slice(1)
  );
}

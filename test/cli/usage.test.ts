import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { runCli, runJson } from '../support/cli.js';

const EXIT_CODES = ['  0  done', '  1  failed', '  2  usage error'];
const FINDING = ['status', 'verify', 'check', 'rehearse', 'import'];
const REFUSING = ['up', 'down', 'redo', 'baseline', 'seed', 'rehearse', 'reset'];

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

describe('--help', () => {
  test('voicesurvey-db --help groups the commands, and has examples, exit codes and DATABASE_URL on one screen of 40 lines', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const text of ['Migrate a database:', 'Examples:', 'Exit codes: 0 done, 1', 'DATABASE_URL']) {
      expect(stdout).toContain(text);
    }
    expect(widthOf(stdout)).toBeLessThanOrEqual(80);
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  test.for(
    Object.keys(COMMANDS),
  )('%s --help has a description, options, an example and its own exit codes in 80 columns', async (command) => {
    const { code, stdout } = await runCli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: voicesurvey-db ${command} [^\\n]*\\n\\n[A-Z][^]*?\\.\\n\\n`));
    expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n  voicesurvey-db ${command}\\b`));
    for (const text of ['--json', '--embedded', '--quiet', ...EXIT_CODES]) expect(stdout).toContain(text);
    expect([/^ {2}3 {2}/m, /^ {2}4 {2}/m].map((code) => code.test(stdout))).toEqual([
      FINDING.includes(command),
      REFUSING.includes(command),
    ]);
    // The longest name of the program is that in a clone.
    expect(widthOf(stdout.replaceAll('  voicesurvey-db', '  ./bin/voicesurvey-db'))).toBeLessThanOrEqual(80);
  });

  test('voicesurvey-db without a command prints the help and fails with exit code 2', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^Usage: voicesurvey-db[\s\S]*\nerror: No command was given\.\nSee `voicesurvey-db --help`\.\n$/,
    );
  });
});

/** A command line, what is wrong with it, and what to do. */
const MISTAKES = [
  ['stauts', "Unknown command 'stauts'.", 'Did you mean status? See `voicesurvey-db --help`.'],
  ['help stauts', "There is no command 'stauts'.", 'Did you mean status? See `voicesurvey-db --help`.'],
  ['-v', "Unknown option '-v'.", 'Did you mean --version? See `voicesurvey-db --help`.'],
  ['up -v', "Unknown option '-v'.", 'Did you mean --verbose? See `voicesurvey-db up --help`.'],
  ['down -S 2', "Unknown option '-S'.", 'Did you mean --steps? See `voicesurvey-db down --help`.'],
  ['status -x', "Unknown option '-x'.", 'See `voicesurvey-db status --help`.'],
  ['up --sed', "Unknown option '--sed'.", 'Did you mean --seed? See `voicesurvey-db up --help`.'],
  [
    '--embedded up',
    "Unknown option '--embedded'.",
    'Write options after the command: `voicesurvey-db up --embedded`.',
  ],
  [
    'repair 1 2 --reason=why',
    "The command 'repair' takes 1 argument, and options.",
    'See `voicesurvey-db repair --help`.',
  ],
  [
    'down 1',
    "The command 'down' takes options only.",
    'Did you mean `voicesurvey-db down --steps 1` or `voicesurvey-db down --to 1`? See `voicesurvey-db down --help`.',
  ],
  [
    'up --seed V0003',
    "The command 'up' takes options only.",
    'Did you mean `voicesurvey-db up --to V0003`? See `voicesurvey-db up --help`.',
  ],
  [
    'status /tmp',
    "The command 'status' takes options only.",
    'Did you mean `voicesurvey-db status --dir /tmp`? See `voicesurvey-db status --help`.',
  ],
  ['redo V0003', "The command 'redo' takes options only.", 'See `voicesurvey-db redo --help`.'],
  ['up now', "The command 'up' takes options only.", 'See `voicesurvey-db up --help`.'],
  ['down --steps', "Option '--steps <number>' argument missing.", 'See `voicesurvey-db down --help`.'],
  [
    'down --steps 0',
    "Option '--steps <number>' argument '0' is invalid. Give a whole number of 1 or more.",
    'See `voicesurvey-db down --help`.',
  ],
  [
    'up --lock-wait soon',
    "Option '--lock-wait <seconds>' argument 'soon' is invalid. Give a number of seconds, such as 30.",
    'See `voicesurvey-db up --help`.',
  ],
  [
    'verify --statement-timeout 0',
    "Option '--statement-timeout <seconds>' argument '0' is invalid. Give a number of seconds greater than 0.",
    'See `voicesurvey-db verify --help`.',
  ],
  [
    'up --to=',
    "Option '--to <version>' argument '' is invalid. It is empty.",
    'See `voicesurvey-db up --help`.',
  ],
  [
    'status --dir=',
    "Option '--dir <folder>' argument '' is invalid. It is empty.",
    'See `voicesurvey-db status --help`.',
  ],
  [
    'up postgresql://ann:secret@db/survey',
    "The command 'up' takes options only.",
    'Set the variable DATABASE_URL to the address of the database: command lines are visible to every user of the machine.',
  ],
  [
    'postgresql://ann:secret@db/survey',
    "Unknown command 'postgresql://ann:***@db/survey'.",
    'Set the variable DATABASE_URL to the address of the database: command lines are visible to every user of the machine.',
  ],
] as const;

describe('an invalid command line', () => {
  test.for(MISTAKES)('"voicesurvey-db %s" fails with exit code 2, a message and a remedy', async ([
    line,
    message,
    remedy,
  ]) => {
    const { code, stdout, stderr } = await runCli(line.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.slice(stderr.indexOf('error: '))).toBe(`error: ${message}\n${remedy}\n`);
  });

  test.for([
    ['up', '--sed'],
    [null, 'stauts'],
    [null, '--verbose'],
  ] as const)('with --json is a document that names the command %s and the word "%s"', async ([
    command,
    word,
  ]) => {
    const { code, stderr, document } = await runJson(command === null ? [word] : [command, word]);
    expect([code, stderr]).toEqual([2, '']);
    expect(document).toEqual({
      command,
      ok: false,
      exitCode: 2,
      server: null,
      error: {
        code: 'usage',
        message: `Unknown ${word.startsWith('-') ? 'option' : 'command'} '${word}'.`,
        remedy: expect.stringContaining('--help'),
        location: null,
        server: null,
      },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';

const COMMANDS = ['up', 'down', 'status', 'check', 'baseline', 'repair', 'seed', 'start', 'stop', 'url'];
const EXIT_CODES = [
  '  0  done',
  '  1  failed',
  '  2  wrong usage',
  '  3  pending, drift or a fault found',
  '  4  refused; needs a flag',
];

describe('--help', () => {
  test('lists the commands, the exit codes and the variable, on standard output', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    for (const text of [...EXIT_CODES, 'DATABASE_URL']) expect(stdout).toContain(text);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.for(COMMANDS)('of %s lists its options and the exit codes, 80 columns wide', async (command) => {
    const { code, stdout } = await runCli([command, '--help']);
    expect(code).toBe(0);
    for (const text of ['--json', '--embedded', ...EXIT_CODES]) expect(stdout).toContain(text);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('without a command is shown too, but that is an error', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^Usage: voicesurvey-db[\s\S]*\nerror: No command was given\.\nSee voicesurvey-db --help\.\n$/,
    );
  });
});

/** What is typed, what is wrong with it, and what to do. */
const MISTAKES = [
  ['stauts', "Unknown command 'stauts'.", 'Did you mean status? See voicesurvey-db --help.'],
  ['help stauts', "There is no command 'stauts'.", 'See voicesurvey-db --help.'],
  ['up --sed', "Unknown option '--sed'.", 'Did you mean --seed? See voicesurvey-db up --help.'],
  [
    '--embedded up',
    "Unknown option '--embedded'.",
    'Write options after the command: voicesurvey-db up --embedded',
  ],
  [
    'repair 1 2 --reason=why',
    "The command 'repair' takes 1 argument, and options.",
    'See voicesurvey-db repair --help.',
  ],
  ['up now', "The command 'up' takes options only.", 'See voicesurvey-db up --help.'],
  ['down --steps', "Option '--steps <number>' argument missing.", 'See voicesurvey-db down --help.'],
  [
    'down --steps 0',
    "Option '--steps <number>' argument '0' is invalid. It takes a whole number of 1 or more.",
    'See voicesurvey-db down --help.',
  ],
  [
    'up --to=',
    "Option '--to <version>' argument '' is invalid. It is empty.",
    'See voicesurvey-db up --help.',
  ],
  [
    'status --dir=',
    "Option '--dir <folder>' argument '' is invalid. It is empty.",
    'See voicesurvey-db status --help.',
  ],
  [
    'up postgresql://ann:secret@db/survey',
    "The command 'up' takes options only.",
    'Put the address of the database into the variable DATABASE_URL: what stands on a command line, everybody can see.',
  ],
  [
    'postgresql://ann:secret@db/survey',
    "Unknown command 'postgresql://ann:***@db/survey'.",
    'Put the address of the database into the variable DATABASE_URL: what stands on a command line, everybody can see.',
  ],
] as const;

describe('a command line that nobody can mean', () => {
  test.for(MISTAKES)('"%s" is exit code 2, what is wrong and what to do', async ([line, message, remedy]) => {
    const { code, stdout, stderr } = await runCli(line.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.slice(stderr.indexOf('error: '))).toBe(`error: ${message}\n${remedy}\n`);
  });

  test.for([
    ['up', '--sed'],
    [null, 'stauts'],
    [null, '--verbose'],
  ] as const)('is a document with --json: command %s, "%s"', async ([command, word]) => {
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

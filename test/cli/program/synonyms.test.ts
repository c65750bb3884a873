import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { adviseOn, similarNames } from '../../../src/cli/program/synonyms.js';
import { PROGRAM } from '../../../src/cli/ui/program-name.js';
import { runCli } from '../../support/cli.js';

const names = Object.keys(COMMANDS);

describe('adviseOn', () => {
  test.for([
    ['migrate', 'up'],
    ['apply', 'up'],
    ['deploy', 'up'],
    ['rollback', 'down'],
    ['db:rollback', 'down'],
    ['migrate down', 'down'],
    ['migrate:up', 'up'],
    ['migration new', 'new'],
    ['db reset', 'reset'],
    ['info', 'status'],
    ['list', 'status'],
    ['logs', 'status'],
    ['restart', 'start'],
    ['stat', 'status'],
    ['create', 'new'],
    ['Create', 'new'],
    ['query', 'sql'],
    ['psql', 'sql'],
    ['diff', 'verify'],
    ['fresh', 'reset'],
    ['drop', 'reset'],
    ['db drop', 'reset'],
  ] as const)('names the command for "%s"', ([line, command]) => {
    expect(adviseOn(line.split(' '), names)).toContain(`\`${PROGRAM} ${command}\``);
  });

  test.for(['dump', 'backup', 'db:dump'])('names pg_dump, and no command, for "%s"', (word) => {
    const advice = adviseOn([word], names);
    expect(advice).toContain('pg_dump');
    expect(advice).not.toContain(PROGRAM);
  });

  test('knows nothing of other words, not even of those that every object has', () => {
    for (const word of ['frobnicate', 'constructor', '__proto__', ''])
      expect(adviseOn([word], names)).toBeUndefined();
  });

  test('has no word that is a command', () => {
    for (const name of names) expect([name, adviseOn([name], [])]).toEqual([name, undefined]);
  });
});

describe('similarNames', () => {
  test.for([
    ['stauts', ['status']],
    ['statu', ['status']],
    ['statuss', ['status']],
    ['ststus', ['status']],
    ['seeed', ['seed']],
    ['dump', []],
    ['drop', []],
    ['dwon', ['down']],
    ['upp', ['up']],
    ['status', []],
  ] as const)('finds for "%s" only what is one mistake away', ([word, expected]) => {
    expect(similarNames(word, names)).toEqual(expected);
  });
});

test.for([
  ['dump', /run pg_dump .*, see \S+\/docs\/operations\.md\. See `voicesurvey-db --help`\.\n$/],
  ['drop', /`voicesurvey-db reset`/],
  ['rollback', /The command for that is `voicesurvey-db down`\. See/],
  ['help migrate', /`voicesurvey-db up`/],
  ['frobnicate', /\nSee `voicesurvey-db --help`\.\n$/],
  ['up --frobnicate', /\nSee `voicesurvey-db up --help`\.\n$/],
] as const)('"voicesurvey-db %s" never suggests a command that does the opposite', async ([line, remedy]) => {
  const { code, stderr } = await runCli(line.split(' '));
  expect([code, stderr]).toEqual([2, expect.stringMatching(remedy)]);
  expect(stderr).not.toContain('Did you mean');
});

// Searches the project's own prose for phrases that read like a literal translation, and says what to write instead.
// Only phrases that a search finds without false hits are listed; the rest is for a reader.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where people read: code with its comments and messages, tests with their names, documents. */
const PATHS = ['src', 'bin', 'bench', 'test', 'docs', 'scripts', '*.md', '*.ts'];

/** Made from what is searched, or from other people's words. */
const LEFT_OUT = [
  ':!src/schema/rows.ts',
  ':!src/schema/api.ts',
  ':!src/schema/constants.ts',
  ':!docs/*.svg',
  ':!**/package-lock.json',
  ':!docs/schema.md',
];

/** @type {readonly (readonly [pattern: RegExp, instead: string])[]} */
const PHRASES = [
  [/\bheld against\b/i, 'compared with'],
  [/\banew\b/i, 'again; rewrite (of a table)'],
  [/\bat once\b/i, '"concurrently" or "immediately"'],
  [/\b(?:un)?foresee[ns]?\b|\bforesaw\b/i, 'expect, handle'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\bunless told\b/i, 'by default'],
  [/\bby other means\b/i, 'outside of migrations'],
  [/\bthat (?:is|are) none\b/i, '"is not a …", "invalid"'],
  [/\bwhoever\b/i, '"a session that …", "the caller", "a user who …"'],
  [
    /(?:^|[.:;,(]\s+|\*\s+|\/\/\s+|--\s+)who (?:has|is|was|wants|waits|holds|writes|comes|asks|takes|may|must)\b/i,
    '"a session that …", "a contact that …"',
  ],
  [/\btak(?:e|es|en|ing|took) (?:\w+ )?away\b/i, 'delete'],
  [/\bwhat goes\b/i, 'what is deleted'],
  [/\b(?:is|are|was|were|be|been) told\b/i, 'is reported, printed, published'],
  [/\btells? (?:whether|what|how|which|where|who|that|of)\b/i, 'reports, prints, says'],
  [/\bstands? (?:at|behind|before|for itself)\b/i, '"is", "comes after"'],
  [/\bcomes? by\b/i, 'arrives through'],
  [/\bforetell|\bforetold\b/i, 'predict'],
  [/\blet(?:s|ting)? go\b/i, 'release'],
  [
    /\b(?:nobody|somebody) (?:who|has|asked|else|waits|is|was|can|may|changed)\b/i,
    '"no session", "another session", "a user"',
  ],
  [/\bas long as it takes\b/i, 'without a limit'],
  [/\bthe way of\b/i, 'the path of'],
  [/\bof its own accord\b/i, 'automatically'],
  [/\bis waited for\b/i, 'the run waits for'],
];

const files = execFileSync('git', ['ls-files', '-z', '--', ...PATHS, ...LEFT_OUT], { encoding: 'utf8' });
let count = 0;
for (const file of files.split('\0').filter((name) => /\.(?:ts|js|sql|md|sh)$/.test(name))) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    for (const [pattern, instead] of PHRASES) {
      const found = pattern.exec(line)?.[0].trim();
      if (found === undefined) continue;
      count += 1;
      console.log(`${file}:${index + 1}: "${found}": write ${instead}`);
    }
  }
}
if (count > 0) {
  console.log(`${count} phrases to rewrite.`);
  process.exitCode = 1;
}

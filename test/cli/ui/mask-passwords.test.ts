import { expect, test } from 'vitest';
import { maskPasswords } from '../../../src/cli/ui/mask-passwords.js';

test.for([
  [
    "Unknown command 'postgresql://ann:secret@db/survey'.",
    "Unknown command 'postgresql://ann:***@db/survey'.",
  ],
  ['postgres://ann:sec@ret:x@db/survey', 'postgres://ann:***@db/survey'],
  ['mysql://:secret@db', 'mysql://:***@db'],
  ['host=db password=secret user=ann', 'host=db password=*** user=ann'],
  [
    'postgresql://db/survey?user=ann&password=secret&sslmode=require',
    'postgresql://db/survey?user=ann&password=***&sslmode=require',
  ],
])('maskPasswords masks the password in %s', ([text, masked]) => {
  expect(maskPasswords(`${text}`)).toBe(masked);
});

test.for([
  'postgresql://ann@db:5432/survey does not exist.',
  'at 12:30 ann@example.com said so',
  'a password=',
  '',
])('maskPasswords leaves a text without a password unchanged: "%s"', (text) => {
  expect(maskPasswords(text)).toBe(text);
});

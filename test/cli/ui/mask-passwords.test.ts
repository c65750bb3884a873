import { expect, test } from 'vitest';
import { withoutPasswords } from '../../../src/cli/ui/passwords.js';

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
])('takes the password out of %s', ([text, masked]) => {
  expect(withoutPasswords(`${text}`)).toBe(masked);
});

test.for([
  'postgresql://ann@db:5432/survey does not exist.',
  'at 12:30 ann@example.com said so',
  'a password=',
  '',
])('leaves a text without a password alone: %s', (text) => {
  expect(withoutPasswords(text)).toBe(text);
});

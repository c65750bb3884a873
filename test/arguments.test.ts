import { expect, test } from 'vitest';
import * as library from '../src/index.js';

type AnyFunction = (...given: unknown[]) => unknown;

const functions = Object.entries(library).flatMap(([name, value]) =>
  typeof value === 'function' && /^[a-z]/.test(name)
    ? [[name, value as unknown as AnyFunction] as const]
    : [],
);

/** What a caller without types may pass, for example a variable of the environment that is not set. */
const WRONG = [
  undefined,
  null,
  'postgresql://localhost/survey',
  {},
  { url: undefined, directory: undefined },
];

test.for(functions)('%s explains a wrong argument', async ([name, call]) => {
  for (const argument of WRONG) {
    const error = await Promise.resolve()
      .then(() => call(argument))
      .catch((thrown: unknown) => thrown);
    expect(error, `${name}(${JSON.stringify(argument)})`).toMatchObject({
      code: 'bad_argument',
      exitCode: 2,
      message: expect.stringContaining(name),
    });
  }
});

test('waitForServer refuses a timeout that is no number', async () => {
  const options = { url: 'postgresql://localhost/survey' } as Parameters<typeof library.waitForServer>[0];
  await expect(library.waitForServer(options)).rejects.toMatchObject({ code: 'bad_argument' });
});

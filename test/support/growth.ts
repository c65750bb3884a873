/** CPU time below this, in milliseconds, is mostly that of the compiler and the garbage collector. */
const NOISE_MS = 4;
const TIMES = 8;

/**
 * Measures how the CPU time of some work grows with the length of its text: about 8 if it is linear, 64 if it is quadratic.
 *
 * @param work the work on a text
 * @param unit what the text repeats
 */
export function growthOf(work: (text: string) => unknown, unit: string, length = 5000): number {
  const textOf = (most: number): string => unit.repeat(Math.ceil(most / unit.length));
  const short = textOf(length);
  const long = textOf(length * TIMES);
  const least = (text: string): number => Math.min(cpuTimeOf(work, text), cpuTimeOf(work, text));
  return cpuTimeOf(work, long) / Math.max(NOISE_MS, least(short));
}

function cpuTimeOf(work: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage();
  work(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** More than linear work grows by, on any machine, and less than quadratic work. */
export const LINEAR = 32;

/** Texts that regular expressions may try again at each character, or whose parts may nest. */
export const REPEATED_UNITS = [
  'a',
  '1',
  ' ',
  '\n',
  "'",
  '"',
  '$',
  '/',
  ':',
  '@',
  '=',
  '-',
  '(',
  '„',
  '\u{1F600}',
  '\uD83D',
  '1 ',
  '12345 ',
  '00000000-',
  'a@',
  'aB3/+',
  ': ',
  '0x41 ',
  '" of a "',
  ' while a',
  'SQL function "a".',
  "'a',",
  "E'",
  '/*',
  'set ',
  'set a.',
  'pgp_',
  'passwo',
  '://a:',
  ' set_config(',
  "set_config('",
  'set_config(setting_name =>',
  '$a$',
  '$a$\n',
] as const;

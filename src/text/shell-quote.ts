/** A word as a shell takes it: with quotes around it where it needs them. */
export function shellQuote(word: string): string {
  return /^[\w./:+,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

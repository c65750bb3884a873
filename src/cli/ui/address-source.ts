/** The addresses that came from a file or from variables of libpq, and from where. */
const sources = new Map<string, string>();

/** Where addresses usually come from, so that a line need not say it. */
const USUAL = new Set(['DATABASE_URL', '--url']);

/** Remembers where an address came from, for the lines that name it. */
export function rememberSource(address: string, source: string): void {
  if (!USUAL.has(source)) sources.set(address, source);
}

/** Completes a line that names an address, such as `, from DATABASE_URL in .env`; empty for the usual sources. */
export function sourceText(address: string): string {
  const source = sources.get(address);
  return source === undefined ? '' : `, from ${source}`;
}

import { isKnownName, isKnownText } from './words.js';

/** A function by its name and the types of its arguments, or a block; then the place in it. */
const IN_FUNCTION =
  /^(?<language>PL\/\w+|SQL) function (?<name>"(?:[^"]|"")*"|[^"(]+?|(?:"(?:[^"]|"")*"|[^".(]+)\.(?:"(?:[^"]|"")*"|[^"(]+?))(?<types>\(.*\))?(?<place> line \d+ at [A-Za-z][A-Za-z /_]*| statement \d+| during [a-z ]+| while [a-z ]+)?$/u;
/** The name of every `do` block. */
const BLOCK = 'inline_code_block';
const QUERY_IN_FUNCTION = /^(?:SQL statement|PL\/\w+ \w+) "(?<query>.*?)"?$/;

/**
 * Redacts the context of an error: keeps the lines that name functions, and the queries that are in the known text as they
 * are. A function that is neither in the known text nor in the catalog has no name.
 */
export function redactContext(where: string, knownText: string): string | null {
  const lines = where.split('\n').flatMap((line) => {
    const inFunction = IN_FUNCTION.exec(line)?.groups;
    if (inFunction !== undefined) {
      const { language, name = '', types = '', place = '' } = inFunction;
      const isShown = name === BLOCK || isKnownName(name, knownText);
      return `${language} function ${isShown ? `${name}${types}` : '…'}${place}`;
    }
    const query = QUERY_IN_FUNCTION.exec(line)?.groups?.query ?? line.replace(/"$/, '');
    return isKnownText(query.trim(), knownText) ? line : [];
  });
  return lines.length === 0 ? null : lines.join('\n');
}

/** The names of the functions that a context comes through, without their schemas. */
export function functionsIn(where: string): readonly string[] {
  return where.split('\n').flatMap((line) => {
    const name = IN_FUNCTION.exec(line)?.groups?.name;
    const last = /(?:"((?:[^"]|"")*)"|([^".]+))$/.exec(name ?? '');
    const function_ = last?.[1]?.replaceAll('""', '"') ?? last?.[2];
    return function_ === undefined || function_ === BLOCK ? [] : [function_];
  });
}

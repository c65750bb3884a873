import { isKnownName, isKnownText } from './words.js';

/** An identifier, in quotes or not, with a limit that is longer than any name of the server. */
const QUOTED = '"(?:[^"]|""){0,200}"';
const UNQUOTED = '[^".(]{1,200}';

/** A function by its name and the types of its arguments, or a block; then the place in it. */
const IN_FUNCTION = new RegExp(
  `^(?<language>PL/\\w+|SQL) function (?<name>${QUOTED}|[^"(]{1,200}?|(?:${QUOTED}|${UNQUOTED})\\.(?:${QUOTED}|[^"(]{1,200}?))(?<types>\\(.*\\))?(?<place> line \\d+ at [A-Za-z][A-Za-z /_]*| statement \\d+| during [a-z ]+| while [a-z ]+)?$`,
  'u',
);
const NAME_WITH_SCHEMA = new RegExp(
  `^(?:(?<schema>${QUOTED}|${UNQUOTED})\\.)?(?<name>${QUOTED}|${UNQUOTED})$`,
  'u',
);
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

/** A function that a context names. */
export interface NamedFunction {
  /** Undefined if the search path finds the function. */
  readonly schema: string | undefined;
  readonly name: string;
}

/** The functions that a context comes through. */
export function functionsIn(where: string): readonly NamedFunction[] {
  return where.split('\n').flatMap((line) => {
    const { schema, name } = NAME_WITH_SCHEMA.exec(IN_FUNCTION.exec(line)?.groups?.name ?? '')?.groups ?? {};
    if (name === undefined || name === BLOCK) return [];
    return [{ schema: schema === undefined ? undefined : unquote(schema), name: unquote(name) }];
  });
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

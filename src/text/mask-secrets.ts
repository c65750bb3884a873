import { sqlTokens } from './sql-tokens.js';

/** A custom setting that a statement assigns, up to its value. */
const ASSIGNMENT = 'set\\s+(?:(?:local|session)\\s+)?[\\w"]+\\.[\\w"]+\\s*(?:=|to\\b)';

/**
 * The ends of statements, and the value of a custom setting that is not in quotes. The text before a value is compared only at
 * the beginning of a word: at each space, it would take quadratic time.
 */
const findTokens = sqlTokens(';', `(?=[^\\s;'"$])(?<=\\b${ASSIGNMENT}\\s*)(?!default\\b)[^\\s;'"$]+`);

/** The name of a custom setting of another program, as an argument of `set_config`. */
const OTHER_SETTING = "\\s*'(?!voicesurvey_migrations\\.)[^']*\\.";

/**
 * What a statement with a secret contains: the word for it, a custom setting of another program, or an address with a password.
 * It takes linear time, since the SQL may be the body of another role's function: a part that may be long never begins
 * where the same part of an earlier attempt continues.
 */
const SECRET = new RegExp(
  [
    '(?<![a-z])(?:[a-z]*passw(?:or)?ds?|pwd|passphrase|secrets?|tokens?|api_?keys?|access_?keys?|private_?keys?|credentials?|authorization|bearer|conninfo|dblink\\w*|crypt|hmac|(?:pgp_\\w{0,60})?(?:en|de)crypt)(?![a-z])',
    'user\\s+mapping',
    "(?:connection|program)\\s+(?:[eE]|[uU]&)?['$]",
    ASSIGNMENT,
    `set_config\\s*\\(${OTHER_SETTING}`,
    `setting_name\\s*(?:=>|:=)${OTHER_SETTING}`,
    ':\\/\\/[^\\s:@/]*:[^\\s@/]+@',
  ].join('|'),
  'i',
);

/** A literal in a text. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A body nested more deeply is a literal of its statement. */
const MOST_NESTED = 8;

/**
 * Finds the literals that may be secrets in SQL: those of a statement that sets a password, has a connection string,
 * encrypts, or assigns a custom setting. A body in dollar quotes is searched statement by statement.
 *
 * @param sql SQL of any kind, also with syntax errors
 * @returns the ranges with their quotes, in order
 */
function findSecrets(sql: string): readonly Range[] {
  const found: Range[] = [];
  const search = (part: string, offset: number, depth: number): void => {
    let literals: Range[] = [];
    let statement = '';
    let last = 0;
    const endStatement = (end: number): void => {
      statement += part.slice(last, end);
      if (SECRET.test(statement)) for (const literal of literals) found.push(literal);
      literals = [];
      statement = '';
      last = end;
    };
    for (const { text: token, start } of findTokens(part)) {
      const end = start + token.length;
      if (token === ';') {
        endStatement(end);
      } else if (/^(?:--|\/\*)/.test(token)) {
        statement += `${part.slice(last, start)} `;
        last = end;
      } else if (depth < MOST_NESTED && token.startsWith('$') && token.includes('\n')) {
        const bodyStart = start + token.indexOf('$', 1) + 1;
        search(part.slice(bodyStart, end), offset + bodyStart, depth + 1);
        statement += `${part.slice(last, start)} `;
        last = end;
      } else if (!token.startsWith('"')) {
        literals.push({ start: offset + start, end: offset + end });
      }
    }
    endStatement(part.length);
  };
  search(sql, 0, 0);
  return found.sort((a, b) => a.start - b.start);
}

/** A text whose secrets are masked. */
export interface MaskedText {
  readonly text: string;
  /** The secrets, without their quotes. */
  readonly secrets: readonly string[];
  /** Returns where a character of the original text is in the masked text. */
  readonly offsetOf: (offset: number) => number;
}

/**
 * Masks the literals of SQL that may be secrets: passwords, connection strings, keys. The lines stay as they are.
 *
 * @example
 * ```ts
 * maskSecrets("create role ann password 'Geh3im'").text; // create role ann password '***'
 * ```
 */
export function maskSecrets(sql: string): MaskedText {
  const ranges = SECRET.test(sql) ? findSecrets(sql) : [];
  let text = '';
  let last = 0;
  const shifts: { readonly range: Range; readonly by: number; readonly start: number }[] = [];
  for (const range of ranges) {
    text += sql.slice(last, range.start);
    const start = text.length;
    const breaks = sql.slice(range.start, range.end).replaceAll(/[^\n]/g, '');
    text += `'***'${breaks}`;
    shifts.push({ range, start, by: text.length - range.end });
    last = range.end;
  }
  text += sql.slice(last);
  return {
    text,
    secrets: ranges
      .map(({ start, end }) => contentOf(sql.slice(start, end)))
      .filter((secret) => secret !== ''),
    offsetOf: (offset) => {
      const before = shifts.findLast(({ range }) => range.start <= offset);
      if (before === undefined) return offset;
      return offset < before.range.end ? before.start : offset + before.by;
    },
  };
}

function contentOf(literal: string): string {
  return literal.replace(/^(?:\$\w*\$|[eE]?')/, '').replace(/(?:\$\w*\$|')$/, '');
}

/** A shorter secret may be a word of the message. */
const SHORTEST_SECRET = 3;

/**
 * Hides secrets in a text that may repeat them, such as an error about the SQL that they are in.
 *
 * @param secrets of {@link maskSecrets}
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

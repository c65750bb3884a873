import { sqlTokens } from './sql-tokens.js';

/** A custom setting that a statement assigns, up to its value. */
const ASSIGNMENT = 'set\\s+(?:(?:local|session)\\s+)?[\\w"]+\\.[\\w"]+\\s*(?:=|to\\b)';

/** The ends of statements, and the value of a custom setting that is not in quotes. */
const findTokens = sqlTokens(';', `(?<=\\b${ASSIGNMENT}\\s*)(?!default\\b)[^\\s;'"$]+`);

/** What a statement with a secret contains: the word for it, a custom setting of another program, or an address with a password. */
const SECRET = new RegExp(
  [
    '(?<![a-z])(?:[a-z]*passw(?:or)?ds?|pwd|passphrase|secrets?|tokens?|api_?keys?|access_?keys?|private_?keys?|credentials?|authorization|bearer|conninfo|dblink\\w*|crypt|hmac|(?:pgp_\\w*)?(?:en|de)crypt)(?![a-z])',
    'user\\s+mapping',
    "(?:connection|program)\\s+(?:[eE]|[uU]&)?['$]",
    ASSIGNMENT,
    "set_config\\s*\\((?:[^;]*setting_name\\s*(?:=>|:=))?\\s*'(?!voicesurvey_migrations\\.)[^']*\\.",
    ':\\/\\/[^\\s:@/]*:[^\\s@/]+@',
  ].join('|'),
  'i',
);

/** A literal in a text. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the literals that may be secrets in SQL: those of a statement that sets a password, has a connection string,
 * encrypts, or assigns a custom setting. A body in dollar quotes is searched statement by statement.
 *
 * @param sql SQL of any kind, also with syntax errors
 * @returns the ranges with their quotes, in order
 */
function findSecrets(sql: string): readonly Range[] {
  const found: Range[] = [];
  let literals: Range[] = [];
  let statement = '';
  let last = 0;
  const endStatement = (end: number): void => {
    statement += sql.slice(last, end);
    if (SECRET.test(statement)) found.push(...literals);
    literals = [];
    statement = '';
    last = end;
  };
  for (const { text: token, start } of findTokens(sql)) {
    const end = start + token.length;
    if (token === ';') {
      endStatement(end);
    } else if (/^(?:--|\/\*)/.test(token)) {
      statement += `${sql.slice(last, start)} `;
      last = end;
    } else if (token.startsWith('$') && token.includes('\n')) {
      const bodyStart = start + token.indexOf('$', 1) + 1;
      found.push(...shift(findSecrets(sql.slice(bodyStart, end)), bodyStart));
      statement += `${sql.slice(last, start)} `;
      last = end;
    } else if (!token.startsWith('"')) {
      literals.push({ start, end });
    }
  }
  endStatement(sql.length);
  return found.sort((a, b) => a.start - b.start);
}

function shift(ranges: readonly Range[], by: number): readonly Range[] {
  return ranges.map(({ start, end }) => ({ start: start + by, end: end + by }));
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

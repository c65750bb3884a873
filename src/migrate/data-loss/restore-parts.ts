/** SQL of a restore script that is sent as it is. */
export interface SqlPart {
  readonly kind: 'sql';
  readonly sql: string;
}

/** A command of a restore script that reads a file into a table. */
export interface CopyPart {
  readonly kind: 'copy';
  /** The `COPY … FROM stdin` to send. */
  readonly sql: string;
  /** The file's name, in the folder of the script. */
  readonly file: string;
}

/** A string, a quoted name, a dollar-quoted body, a comment, a command of psql, or a character of anything else. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|^\\(?<command>[^\n]*)$|[^'"$\\-]+|[\s\S]/gm;

const COPY = /^copy (?<table>\S+) from '(?<file>[\w.-]+)' (?<options>.*)$/;

/** Commands that set what this client always does: it stops at an error, prints no progress and sends UTF-8. */
const SETTING = /^(?:set ON_ERROR_STOP on|set QUIET on|encoding UTF8)$/;

/**
 * Splits a restore script where psql executes a command itself.
 *
 * @returns the parts in order; null if the script has another command than those that a backup's script has
 * @example
 * ```ts
 * readRestoreParts("begin;\n\\copy t from '1-t.tsv' with (header match)\ncommit;\n")?.map(({ kind }) => kind);
 * // ['sql', 'copy', 'sql']
 * ```
 */
export function readRestoreParts(script: string): readonly (SqlPart | CopyPart)[] | null {
  const parts: (SqlPart | CopyPart)[] = [];
  let sql = '';
  const endSql = (): void => {
    if (sql.trim() !== '') parts.push({ kind: 'sql', sql });
    sql = '';
  };
  for (const { 0: token, groups } of script.matchAll(TOKEN)) {
    const command = groups?.command?.trimEnd();
    if (command === undefined) {
      sql += token;
      continue;
    }
    endSql();
    const copy = COPY.exec(command)?.groups;
    if (copy !== undefined) {
      const { table = '', file = '', options = '' } = copy;
      parts.push({ kind: 'copy', sql: `copy ${table} from stdin ${options}`, file });
    } else if (!SETTING.test(command)) {
      return null;
    }
  }
  endSql();
  return parts;
}

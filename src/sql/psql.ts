/** A command or a variable of psql in a file. */
export interface PsqlDiagnosis {
  /** Without a full stop. */
  readonly problem: string;
  readonly remedy: string;
}

/** `:name`, `:'text'`, `:"identifier"` and `:{?name}`. */
const VARIABLE = /^:(?:[\p{L}\p{N}_]+|'[\p{L}\p{N}_]+'|"[\p{L}\p{N}_]+"|\{\?[\p{L}\p{N}_]+\})/u;
const COMMAND = /^\\(?<name>[a-z]+|[!?;.])?/;

/**
 * Finds out whether a text that PostgreSQL's parser rejects begins with something that only psql understands.
 *
 * @param text from the place at which the parser stopped
 * @returns null if it does not
 */
export function diagnosePsql(text: string): PsqlDiagnosis | null {
  const [variable] = VARIABLE.exec(text) ?? [];
  if (variable !== undefined) {
    return {
      problem: `${variable} is a variable of psql, which a server does not understand`,
      remedy:
        'Write the value itself. A value that differs between databases can come from the server: ' +
        "current_user, current_database() or current_setting('<name>'), for a name of an object with EXECUTE format() in a DO block.",
    };
  }
  const command = COMMAND.exec(text);
  if (command === null) return null;
  const name = command.groups?.name ?? '';
  return {
    problem: `\\${name} is a command of psql, which a server does not understand`,
    remedy: REMEDIES[name] ?? 'Remove it. The engine sends plain SQL to the server, not through psql.',
  };
}

const INCLUDE = 'Copy the statements of that file into this one, or make that file a separate migration.';
const CONNECT = 'Remove it. A migration runs in the database, and as the role, of the address.';
const CONDITION = 'Write the condition in a DO block: do $$ begin if … then …; end if; end $$;';
const SET = 'Remove it, and write the value where the variable is used.';
const EXECUTE =
  'Execute the statements in a DO block: do $$ declare …; begin for … in select … loop execute …; end loop; end $$;';

/** By the name of the command. */
const REMEDIES: Readonly<Record<string, string>> = {
  i: INCLUDE,
  ir: INCLUDE,
  include: INCLUDE,
  copy: 'Write the rows as INSERT … VALUES.',
  '.': 'Write the rows as INSERT … VALUES.',
  gexec: EXECUTE,
  gset: 'Assign the result to a variable of a DO block: do $$ declare …; begin select … into …; end $$;',
  g: 'End the statement with a semicolon.',
  gx: 'End the statement with a semicolon.',
  ';': 'End the statement with a semicolon.',
  set: SET,
  unset: SET,
  prompt: SET,
  getenv: SET,
  if: CONDITION,
  elif: CONDITION,
  else: CONDITION,
  endif: CONDITION,
  c: CONNECT,
  connect: CONNECT,
  password: 'Remove it. To set a password, run ALTER ROLE outside of migrations.',
};

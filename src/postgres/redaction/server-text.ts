import { ASSERT_FAILURE, DEADLOCK_DETECTED, isOfClass, RAISE_EXCEPTION } from '../errors/sql-states.js';

/** An error or a notice as a server sent it. */
export type ServerText = {
  readonly [Field in
    | 'code'
    | 'message'
    | 'detail'
    | 'hint'
    | 'where'
    | 'position'
    | 'routine'
    | 'schema'
    | 'table'
    | 'column'
    | 'dataType'
    | 'constraint']?: string | undefined;
};

/** RAISE and ASSERT; the functions of other languages; foreign servers, whose texts are those of another database. */
const RAISING_ROUTINE =
  /^(?:exec_stmt_(?:raise|assert)$|PLy_|plperl|plpgsql_raise|do_util_elog$|pltcl|pgfdw_|dblink_|rethrow$|JSError)/i;

/**
 * Checks whether a function, a block or a foreign server wrote the text, with any SQLSTATE: RAISE, ASSERT, an exception of
 * another language. Such a text has no template, and its author also chose the names that it reports.
 */
export function isRaised({ code = '', routine = '' }: ServerText): boolean {
  return (
    RAISING_ROUTINE.test(routine) ||
    code === RAISE_EXCEPTION ||
    code === ASSERT_FAILURE ||
    isOfClass('externalRoutineException', code) ||
    isOfClass('foreignDataWrapperError', code)
  );
}

const OPERATIONAL = [
  'connectionException',
  'invalidAuthorization',
  'insufficientResources',
  'operatorIntervention',
  'systemError',
] as const;

/**
 * Checks whether the text is about the server, its sessions, its files or a login. Such a text holds addresses and numbers of
 * processes, and no value of a row.
 */
export function isOperational(text: ServerText): boolean {
  const { code = '' } = text;
  const isAboutSessions = code === DEADLOCK_DETECTED || OPERATIONAL.some((name) => isOfClass(name, code));
  return isAboutSessions && !isRaised(text);
}

/** The names of a server's text, besides its message. */
export const NAME_FIELDS = ['schema', 'table', 'column', 'dataType', 'constraint'] as const;

/** The names that a server's text reports in separate fields. */
export function namesIn(text: ServerText): readonly string[] {
  return NAME_FIELDS.flatMap((field) => text[field] ?? []);
}

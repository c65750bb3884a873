import { isKnownText } from '../../postgres/redaction/words.js';

/** A `grant` or `revoke` on functions. All statements are found also in the body of a `do`. */
const ON_FUNCTIONS =
  /\b(?<verb>grant|revoke)\s+(?:execute|all)\b[^;]*?\bon\s+(?:all\s+)?(?:functions?|procedures?|routines?)\b(?<on>[^;]*?)\b(?:to|from)\b(?<roles>[^;]*);/gi;
const GRANT_ON_TABLES =
  /\bgrant\s(?<rights>[^;]*?)\bon\s+(?:table\s+)?(?!(?:all\s+)?(?:functions?|procedures?|routines?|sequences?|schema|type|domain|database|language|large|foreign|tablespace|parameter)\b)(?<on>[^;]*?)\bto\b(?<roles>[^;]*);/gi;
const RIGHT_ON_COLUMNS = /\w+\s*\([^)]*\)/g;
const COMMENT = /--[^\n]*/g;

/**
 * Makes a function that checks whether the files give a role the right to call a function: by a `grant`, or, for `public`, by
 * the default of PostgreSQL, which no `revoke` has ended.
 *
 * @param sql the text of the files
 * @returns the check, of the full name of a function with its arguments, and a role; without one, of any role
 */
export function executeRightsIn(sql: string): (fullName: string, role?: string) => boolean {
  const statements = statementsIn(sql, ON_FUNCTIONS);
  return (fullName, role) => {
    const [schema = '', name = ''] = fullName.replace(/\(.*\)$/, '').split('.');
    const about = statements.filter(
      ({ on, roles }) =>
        (role === undefined || isKnownText(role, roles)) && isAbout(on, /^\s*in\s+schema\b/i, schema, name),
    );
    if (about.some(({ verb }) => verb === 'grant')) return true;
    return role === 'public' && about.length === 0;
  };
}

/**
 * Makes a function that checks whether the files grant a right on a table or a view to `public`.
 *
 * @param sql the text of the files
 * @returns the check, of a schema and a name without quotes, and a right such as `select`
 */
export function publicRightsIn(sql: string): (schema: string, name: string, right: string) => boolean {
  const grants = statementsIn(sql, GRANT_ON_TABLES).filter(({ roles }) => isKnownText('public', roles));
  return (schema, name, right) =>
    grants.some(
      ({ rights, on }) =>
        (isKnownText(right, rights) || isKnownText('all', rights)) &&
        isAbout(on, /^\s*all\s+tables\s+in\s+schema\b/i, schema, name),
    );
}

interface GrantStatement {
  readonly verb: string;
  readonly rights: string;
  readonly on: string;
  readonly roles: string;
}

function statementsIn(sql: string, statement: RegExp): readonly GrantStatement[] {
  return [...sql.replaceAll(COMMENT, '').matchAll(statement)].map(({ groups }) => ({
    verb: (groups?.verb ?? '').toLowerCase(),
    rights: (groups?.rights ?? '').replaceAll(RIGHT_ON_COLUMNS, ''),
    on: groups?.on ?? '',
    roles: groups?.roles ?? '',
  }));
}

function isAbout(on: string, inSchema: RegExp, schema: string, name: string): boolean {
  const names = on.replaceAll('"', '');
  if (inSchema.test(names)) return isKnownText(schema, names);
  // A dot before the name would make it one of another schema.
  return isKnownText(name, names.replaceAll(`${schema}.`, '').replaceAll(/[^\s,.]+\.[^\s,(]+/g, ''));
}

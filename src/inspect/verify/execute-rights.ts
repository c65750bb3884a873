import { isKnownText } from '../../postgres/redaction/words.js';

/** Also those in the body of a `do`. */
const STATEMENT =
  /\b(?<verb>grant|revoke)\s+(?:execute|all)\b[^;]*?\bon\s+(?:all\s+)?(?:functions?|procedures?|routines?)\b(?<on>[^;]*?)\b(?:to|from)\b(?<roles>[^;]*);/gi;
const COMMENT = /--[^\n]*/g;

/**
 * Makes a function that checks whether the files give a role the right to call a function: by a `grant`, or, for `public`, by
 * the default of PostgreSQL, which no `revoke` has ended.
 *
 * @param sql the text of the files
 * @returns the check, of the full name of a function with its arguments, and a role
 */
export function executeRightsIn(sql: string): (fullName: string, role: string) => boolean {
  const statements = [...sql.replaceAll(COMMENT, '').matchAll(STATEMENT)].map(({ groups }) => ({
    verb: groups?.verb?.toLowerCase(),
    on: groups?.on ?? '',
    roles: groups?.roles ?? '',
  }));
  return (fullName, role) => {
    const [schema = '', name = ''] = fullName.replace(/\(.*\)$/, '').split('.');
    const about = statements.filter(
      ({ on, roles }) =>
        isKnownText(role, roles) &&
        (isKnownText(name, on) || (/^\s*in\s+schema\b/i.test(on) && isKnownText(schema, on))),
    );
    if (about.some(({ verb }) => verb === 'grant')) return true;
    return role === 'public' && about.length === 0;
  };
}

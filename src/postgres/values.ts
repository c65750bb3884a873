import pg from './pg.js';

/**
 * What may be shown of an error's DETAIL.
 *
 * PostgreSQL puts the values of the row into the DETAIL of a broken constraint. They are somebody's data, and errors end
 * in logs: so the table, the constraint and the ids are told instead.
 *
 * @param error as the server sent it
 * @returns null where there is nothing to tell
 * @example
 * ```ts
 * withoutValues(error); // table public.contacts, constraint a_campaign_lists_a_number_once; the other values …
 * ```
 */
export function withoutValues({ code, detail, schema, table, constraint }: pg.DatabaseError): string | null {
  if (code?.startsWith('23') !== true) return detail ?? null;
  const ids = [...new Set(detail?.match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ?? [])];
  const parts = [
    table === undefined ? null : `table ${schema}.${table}`,
    constraint === undefined ? null : `constraint ${constraint}`,
    ids.length === 0 ? null : `ids ${ids.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `${parts.join(', ')}; the other values of the row are not shown`;
}

/**
 * A server's error as the cause of one of ours: the same but for the values of rows, since whoever logs an error logs its
 * cause.
 *
 * @param error as the server sent it; it stays as it is
 * @param shown what of message and context may be shown; the message as it is and no context unless told otherwise
 */
export function causeWithoutValues(
  error: pg.DatabaseError,
  shown: { readonly message?: string; readonly context?: string | null } = {},
): pg.DatabaseError {
  const copy = new pg.DatabaseError(shown.message ?? error.message, error.length, error.name);
  return Object.assign(copy, error, {
    detail: withoutValues(error) ?? undefined,
    where: shown.context ?? undefined,
    internalQuery: undefined,
  });
}

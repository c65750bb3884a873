// SQL that several queries share.

/** The clocks of the provider, a service and the server may differ by this. The rules allow the same. */
export const CLOCKS = "interval '60 seconds'";

/** The attempts, each with the attempt before it. An attempt whose predecessor was erased has none. */
export const WITH_PREVIOUS = `from public.call_attempts as attempt
join public.call_attempts as previous
  on previous.contact_id = attempt.contact_id
  and previous.attempt_number = attempt.attempt_number - 1`;

/** The contacts, each with the attempt that its attempts_count numbers. */
export const WITH_LATEST = `from public.contacts as contact
join public.call_attempts as latest
  on latest.contact_id = contact.id
  and latest.attempt_number = contact.attempts_count`;

/** The condition that a text has no visible character of ASCII or Latin-1, and no letter. */
export function isBlank(column: string): string {
  return `${column} !~ '[^[:space:][:cntrl:]\\u00a0\\u00ad\\u200b-\\u200f\\u2028-\\u202f\\u2060\\ufeff]'`;
}

/** The condition that a text is no telephone number in E.164. */
export function isNoNumber(column: string): string {
  return `(left(${column}, 1) <> '+' or length(${column}) not between 8 and 16 or substr(${column}, 2) !~ '^[1-9][0-9]*$')`;
}

/** The condition that a text does not look like an e-mail address. */
export function isNoAddress(column: string): string {
  return `${column} !~ '^[^[:space:]@,;<>]+@[^[:space:]@,;<>]+\\.[^[:space:]@,;<>.]+$'`;
}

/** Finds the rows of a table that have the same key as another row. */
export function duplicates(table: string, key: string, condition = 'true'): string {
  return `select id
from public.${table}
where ${condition}
  and (${key}) in (
    select ${key}
    from public.${table}
    where ${condition}
    group by ${key}
    having count(*) > 1
  )`;
}

/** Finds the rows of a table with times that are infinite, in the future or in the wrong order. */
export function impossibleTimes(table: string, hasUpdate: boolean): string {
  const created = `not isfinite(created_at) or created_at > now() + ${CLOCKS}`;
  const updated = `not isfinite(updated_at) or updated_at > now() + ${CLOCKS} or updated_at < created_at - ${CLOCKS}`;
  return `select id from public.${table} where ${hasUpdate ? `${created} or ${updated}` : created}`;
}

import type { Facts } from '../snapshot/format.js';

/** The privileges of a role that are compared, and are not grants. */
const COMPARED = /^(?:create|trigger)\b/;

/** Roles with their privileges, as the snapshot lists them. */
type Privileges = Readonly<Record<string, readonly string[]>>;

/**
 * Leaves out the privileges that other roles than the owner were granted: which service reads which table differs from one
 * installation to the next. What PUBLIC has is compared, and so are CREATE and TRIGGER, with which a role could run its own
 * code.
 */
export function withoutGrants(facts: Facts): Facts {
  const { privileges } = facts;
  if (!isPrivileges(privileges)) return facts;
  const compared = Object.entries(privileges).flatMap(([role, listed]) => {
    if (role === 'public' || role === facts.owner) return [[role, listed] as const];
    const remaining = listed.filter((privilege) => COMPARED.test(privilege));
    return remaining.length === 0 ? [] : [[role, remaining] as const];
  });
  const { privileges: _, ...others } = facts;
  return compared.length === 0 ? others : { ...others, privileges: Object.fromEntries(compared) };
}

/** The privileges that other roles than the owner were granted, which {@link withoutGrants} leaves out. */
export function grantsIn(facts: Facts): Privileges {
  const { privileges } = facts;
  if (!isPrivileges(privileges)) return {};
  return Object.fromEntries(
    Object.entries(privileges).flatMap(([role, listed]) => {
      if (role === 'public' || role === facts.owner) return [];
      const granted = listed.filter((privilege) => !COMPARED.test(privilege));
      return granted.length === 0 ? [] : [[role, granted]];
    }),
  );
}

function isPrivileges(value: unknown): value is Privileges {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

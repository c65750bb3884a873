/**
 * SQL that fails outside of a transaction that `begin` has begun. It precedes SQL that is sent before the answer to that
 * `begin` is known: if the `begin` is canceled, the server executes what follows, and commits it. Only a savepoint is refused
 * there; its release follows, so it leaves nothing behind and takes no snapshot.
 *
 * Two commands.
 */
export const IN_TRANSACTION = ['savepoint begun', 'release begun'] as const;

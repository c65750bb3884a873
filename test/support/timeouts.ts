/**
 * The timeout of a test or a hook that may take longer on a busy machine than the default of a minute, in milliseconds: it
 * starts servers, builds the package, or proves all migrations.
 */
export const SLOW = 180_000;

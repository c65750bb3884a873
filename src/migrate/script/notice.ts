/**
 * A warning of the server, or a message that a migration or a function of the database raises. Values of rows are redacted as
 * in errors.
 */
export interface Notice {
  /** `WARNING`, `NOTICE`, `INFO`, … in the language of the server. */
  readonly severity: string;
  readonly text: string;
  readonly detail: string | null;
  readonly hint: string | null;
}

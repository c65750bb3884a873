/**
 * A query that finds rows which break a rule of the product.
 *
 * The queries read the tables of `public`, two tables in which the rules record erasures, and two tables of the API. They use
 * neither the triggers nor the functions of `voicesurvey_rules`, so an error in these does not hide itself.
 */
export interface RowQuery {
  /** The name of the broken rule, as an error has it in its constraint field where the database checks the same. */
  readonly name: string;
  /** The number of the rule in docs/rules.md. */
  readonly rule: number;
  /** The table of the listed rows. */
  readonly table: string;
  /** What a listed row is, in words. */
  readonly finds: string;
  /** SQL of the ids of these rows, in a column `id`. */
  readonly sql: string;
  /** A table of a later version that the query reads. */
  readonly needs?: string;
  /** The SQL for a database without that table; without it, the query is left out of such a database. */
  readonly olderSql?: string;
}

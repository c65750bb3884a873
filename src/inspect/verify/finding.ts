/** A deviation of a live database from its migrations or from the rules of the schema. */
export interface VerifyFinding {
  /**
   * `migration`: not applied, changed, missing or unfinished; `unknown`: the catalog could not be compared with what the
   * last run left; `drift`: changed outside of migrations; `index`: invalid, so that no query uses it; `constraint`: not
   * validated; `rule`: violates a rule of the schema; `function`: its body names what the catalog does not have; `data`: rows
   * that break a rule of the product or a foreign key; `privilege`: a role could change the objects of the migrations, or
   * run its code with the rights of another role; `setting`: disables the rules.
   */
  readonly kind:
    | 'migration'
    | 'unknown'
    | 'drift'
    | 'index'
    | 'constraint'
    | 'rule'
    | 'function'
    | 'data'
    | 'privilege'
    | 'setting';
  /** The object, in words: `column contacts.email`. */
  readonly object: string;
  /** The problem, in words. */
  readonly finding: string;
  /** How many rows violate the constraint or rule; null for other kinds, or if the rows could not be counted. */
  readonly rows: number | null;
  /** The ids of these rows, at most 100; empty for other kinds than `data`, and for a table without a uuid as its key. */
  readonly ids: readonly string[];
}

/** Makes a finding without a number of rows. */
export function finding(kind: VerifyFinding['kind'], object: string, text: string): VerifyFinding {
  return { kind, object, finding: text, rows: null, ids: [] };
}

/** A function whose body does not fit the catalog. */
export interface BrokenBody {
  /** The function with the types of its arguments: `public.greet(text)`. */
  readonly name: string;
  /** What is wrong, in words. */
  readonly problem: string;
}

/** A function to check. */
export interface CheckedFunction {
  readonly oid: string;
  readonly name: string;
  readonly language: 'sql' | 'plpgsql';
  readonly definition: string;
  /** The search path with which it runs. */
  readonly path: string;
  /** The triggers that call it. */
  readonly triggers: readonly {
    readonly table: string;
    readonly oldTable: string | null;
    readonly newTable: string | null;
  }[];
  readonly isTrigger: boolean;
  /**
   * Whether a trusted role owns it and has fixed its search path. A check that plans the statements of another function could
   * run the code of another role, because the planner evaluates immutable functions.
   */
  readonly isTrusted: boolean;
}

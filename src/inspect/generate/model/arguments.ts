/** An argument of a function, as the snapshot has it. */
export interface Argument {
  readonly name?: string;
  readonly type: string;
  readonly mode: 'in' | 'out' | 'in and out' | 'variadic' | 'table';
  readonly default?: string;
}

/** The arguments of a function, from the facts of its snapshot. */
export function argumentsOf(fact: unknown): readonly Argument[] {
  return Array.isArray(fact) ? (fact as Argument[]) : [];
}

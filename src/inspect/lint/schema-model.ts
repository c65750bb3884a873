import type { Command } from './commands.js';
import type { ConstraintKind } from './constraints.js';

/** Where something was written. */
export interface Written {
  readonly command: Command;
  /** In the command's file, in UTF-16 code units. */
  readonly offset: number;
}

export interface Column extends Written {
  name: string;
  /** `schema.name` of its type. */
  type: string;
  hasComment: boolean;
}

export interface Constraint extends Written {
  readonly kind: ConstraintKind;
  name: string;
  hasOwnName: boolean;
  columns: readonly string[];
  /** The table that a foreign key refers to. */
  references: string;
}

export interface Index extends Written {
  name: string;
  hasOwnName: boolean;
  /** Its columns in order; an expression is empty. */
  columns: readonly string[];
  readonly isPartial: boolean;
}

export interface Table extends Written {
  name: string;
  readonly columns: Map<string, Column>;
  readonly constraints: Map<string, Constraint>;
  readonly indexes: Map<string, Index>;
  /** Indexes that the folder drops again, with the command that does. */
  readonly dropped: { readonly columns: readonly string[]; readonly by: Command }[];
  hasComment: boolean;
  readonly isPartitioned: boolean;
  /** A partition has what its table has. */
  isPartition: boolean;
  /** Whether it has columns that the files do not name, as after `create table … as`. */
  readonly hasUnknownColumns: boolean;
}

export interface Enum extends Written {
  name: string;
  hasComment: boolean;
}

/** What the files of a folder make of an empty database, one after the other, as far as the lints ask. */
export interface Model {
  /** By `schema.name`, as are the others; without temporary ones. */
  readonly tables: Map<string, Table>;
  readonly enums: Map<string, Enum>;
  /** The type that a domain is made of. */
  readonly domains: Map<string, string>;
}

/** What a domain is made of in the end; every other type is itself. */
export function baseType({ domains }: Pick<Model, 'domains'>, type: string): string {
  const base = domains.get(type);
  return base === undefined || base === type ? type : baseType({ domains }, base);
}

import type { Node } from 'libpg-query';

/** A statement of a file, as PostgreSQL's own parser delimits it. */
export interface Statement {
  /** The text from its first token up to its semicolon, which is left out. */
  readonly sql: string;
  /** The offset of its start in the source's text, in UTF-16 code units. */
  readonly offset: number;
  /** The parse tree. */
  readonly node: Node;
}

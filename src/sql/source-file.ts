/** The text of a migration file, as the engine sends it and compares it. */
export interface SourceFile {
  readonly path: string;
  /** The text without a byte order mark, with `\n` as the only line end. */
  readonly text: string;
  /** SHA-256 of the text without its trailing newlines, in hex. It does not depend on an editor's or git's line ends. */
  readonly checksum: string;
}

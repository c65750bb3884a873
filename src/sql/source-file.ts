/** The text of a migration file, as it is sent and as it is compared. */
export interface SourceFile {
  readonly path: string;
  /** The text without a byte order mark, every line ended by `\n`. */
  readonly text: string;
  /** SHA-256 of the text without its trailing newlines, in hex: the same whatever an editor or git did to line ends. */
  readonly checksum: string;
}

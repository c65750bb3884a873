import { csvLine } from '../../text/csv.js';
import { createNewFile } from '../../text/new-file.js';
import type { ListLine } from './list-file.js';

/** A line of a list that was not imported. It has no value of the line, so it can be logged. */
export interface RejectedLine {
  /** The number of the line in the file; 1 is the header. */
  readonly line: number;
  /** Such as `bad_number`. */
  readonly verdict: string;
  readonly reason: string;
  /** How to correct the line; null if that is not known. */
  readonly suggestion: string | null;
}

/** Writes the rejected lines to a file. */
export interface RejectedFile {
  write(rejected: RejectedLine, { fields }: ListLine): Promise<void>;
  /** Returns whether there is a file: without a rejected line there is none. */
  commit(): Promise<boolean>;
  discard(): Promise<void>;
}

/** The columns before those of the list. An import of the corrected file ignores them. */
const COLUMNS = ['rejected_line', 'rejected_verdict', 'rejected_because', 'rejected_suggestion'];

/**
 * Writes each rejected line as the list has it, after its number and the reasons, so that the file can be corrected and
 * imported. The file gets its name at the end: an import that is repeated writes it again.
 */
export function makeRejectedFile(
  path: string,
  { delimiter, names }: { readonly delimiter: string; readonly names: readonly string[] },
): RejectedFile {
  let file: Awaited<ReturnType<typeof createNewFile>> | undefined;
  return {
    write: async ({ line, verdict, reason, suggestion }, { fields }) => {
      if (file === undefined) {
        file = await createNewFile(path);
        await file.write(csvLine([...COLUMNS, ...names], delimiter));
      }
      const values = fields.map((field) => field || null);
      await file.write(csvLine([String(line), verdict, reason, suggestion, ...values], delimiter));
    },
    commit: async () => {
      await file?.commit();
      return file !== undefined;
    },
    discard: async () => file?.discard(),
  };
}

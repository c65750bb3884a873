import { type ListFile, type ListLine, readLines } from './list-file.js';
import type { ReadNumber } from './read-number.js';
import type { RejectedLine } from './rejected-file.js';

/** A line that the database will judge. */
export interface SentLine extends ListLine {
  /** The values of its known columns, without the empty ones. */
  readonly values: Readonly<Record<string, string>>;
}

/** Some lines of a list, which are imported by one call. */
export interface Batch {
  readonly sent: readonly SentLine[];
  /** The lines that the database need not judge, each with its verdict. */
  readonly rejected: readonly (readonly [RejectedLine, ListLine])[];
}

/** A call takes some tenths of a second. Claims of calls wait for it if they need the same numbers. */
const LINES_PER_BATCH = 2000;

/** Reads a list in batches. */
export async function* readBatches(
  list: ListFile,
  readNumber: (text: string) => ReadNumber,
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch> {
  let sent: SentLine[] = [];
  let rejected: [RejectedLine, ListLine][] = [];
  for await (const line of readLines(list, signal)) {
    const result = readLine(list, line, readNumber);
    if ('values' in result) sent.push({ ...line, values: result.values });
    else rejected.push([{ line: line.line, suggestion: null, ...result }, line]);
    if (sent.length + rejected.length < LINES_PER_BATCH) continue;
    yield { sent, rejected };
    [sent, rejected] = [[], []];
  }
  if (sent.length + rejected.length > 0) yield { sent, rejected };
}

function readLine(
  { header: { names, positions } }: ListFile,
  { fields }: ListLine,
  readNumber: (text: string) => ReadNumber,
): { readonly values: Record<string, string> } | { readonly verdict: string; readonly reason: string } {
  // Spreadsheets add empty fields at the end of a line.
  if (fields.length < names.length || fields.slice(names.length).some((field) => field.trim() !== '')) {
    const reason = `The line has ${fields.length} fields, and the header has ${names.length}.`;
    return { verdict: 'bad_field_count', reason };
  }
  const values: Record<string, string> = {};
  for (const [column, position] of positions) {
    const value = fields[position]?.trim() ?? '';
    if (value !== '') values[column] = column === 'preferred_language' ? value.toLowerCase() : value;
  }
  const number = readNumber(values.phone_number ?? '');
  if ('reason' in number) return { verdict: 'bad_number', reason: number.reason };
  return { values: { ...values, phone_number: number.number } };
}

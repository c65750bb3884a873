import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { interruptedError } from '../../postgres/errors/interrupted-error.js';
import { openRegularFile } from '../../text/regular-file.js';
import { changedError, explainParseError, unreadableError, wrongCharacterError } from './errors.js';
import { type Header, readHeader } from './header.js';

/** A line of a list: its fields as the file has them. */
export interface ListLine {
  /** The number of its first line in the file; 1 is the header. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A list of which the header was read. */
export interface ListFile {
  readonly path: string;
  readonly header: Header;
  readonly encoding: Encoding;
  /** Which file it was, and in which state. */
  readonly state: FileState;
}

type FileState = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs'>;

/** The header, which has the names of some columns, is shorter. In bytes. */
const LONGEST_HEADER = 64 * 1024;
/** A quote that is not closed makes the rest of the file one line. In bytes. */
const LONGEST_LINE = 1024 * 1024;

const BYTE_ORDER_MARKS = [
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
] as const;

type Encoding = 'utf-8' | (typeof BYTE_ORDER_MARKS)[number][0];

/**
 * Reads the header of a list.
 *
 * @param columns the columns that the list may have; the first one is required
 * @throws ExplainedError `list_unreadable`, `list_not_text`, `list_without_column`, `list_column_twice`
 */
export async function openList(path: string, columns: readonly string[]): Promise<ListFile> {
  const file = await open(path);
  try {
    const state = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEADER), 0, LONGEST_HEADER, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const encoding = encodingOf(bytes);
    const text = new TextDecoder(encoding).decode(bytes);
    const nul = text.indexOf('\0');
    if (nul !== -1) throw wrongCharacterError(path, text.slice(0, nul).split('\n').length);
    return { path, encoding, header: await readHeader(path, text, columns), state };
  } finally {
    await file.close();
  }
}

/**
 * Reads the lines after the header. Lines without any value are skipped. The positions of the columns are those of the header,
 * so the file must be the same as then.
 *
 * @throws ExplainedError `list_unreadable`, `list_not_text`, `list_quotes`, `interrupted`
 */
export async function* readLines(
  { path, header, encoding, state }: ListFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListLine> {
  const { parse } = await import('csv-parse');
  let lastLine = 0;
  /** The first lines of the records that the parser has read and that are not passed on yet. */
  const firstLines: number[] = [];
  /** The parser counts a CR LF in a field as two lines. */
  let countedTwice = 0;
  const parser = parse({
    bom: true,
    delimiter: header.delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_LINE,
    on_record: (fields: string[], { lines }) => {
      const breaks = fields.flatMap((field) => field.match(/\r\n|\r|\n/g) ?? []);
      countedTwice += breaks.filter((text) => text === '\r\n').length;
      lastLine = lines - countedTwice;
      firstLines.push(lastLine - breaks.length);
      return fields;
    },
  });
  const file = await open(path);
  const requireSameFile = async (): Promise<void> => {
    if (!isSameState(await file.stat(), state)) throw changedError(path);
  };
  const input = file.createReadStream({ autoClose: false });
  // Every error ends the parser, too.
  pipeline(input, decodeAs(encoding), parser, () => undefined);
  try {
    await requireSameFile();
    let isHeader = true;
    for await (const fields of parser as AsyncIterable<readonly string[]>) {
      if (signal?.aborted) throw interruptedError('while it read the list');
      const line = firstLines.shift() ?? 0;
      if (fields.some((field) => /[\0\uFFFD]/.test(field))) throw wrongCharacterError(path, line);
      if (!isHeader && fields.some((field) => field.trim() !== '')) yield { line, fields };
      isHeader = false;
    }
    await requireSameFile();
  } catch (error) {
    if (!(error instanceof ExplainedError)) await requireSameFile();
    throw explainParseError(error, path, lastLine + 1);
  } finally {
    input.destroy();
    await file.close();
  }
}

function isSameState(one: FileState, other: FileState): boolean {
  return (['dev', 'ino', 'size', 'mtimeMs'] as const).every((name) => one[name] === other[name]);
}

async function open(path: string): Promise<FileHandle> {
  return openRegularFile(path).catch((cause: unknown) => {
    throw unreadableError(path, cause);
  });
}

function encodingOf(bytes: Buffer): Encoding {
  const found = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte));
  return found?.[0] ?? 'utf-8';
}

/** The parser reads UTF-8, and decodes field by field. */
function decodeAs(encoding: Encoding): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer | string> {
  return async function* decode(chunks) {
    const decoder = new TextDecoder(encoding);
    for await (const chunk of chunks) {
      yield encoding === 'utf-8' ? chunk : decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  };
}

/** Checks the content of a message: the bytes from `start` to `end`. */
type Format = (bytes: Buffer, start: number, end: number) => boolean;

const empty: Format = (_bytes, start, end) => start === end;

const fixedLength =
  (length: number): Format =>
  (_bytes, start, end) =>
    end - start === length;

/** Strings that each end in a zero, after some bytes of a fixed length. */
const strings =
  (count: number, before = 0): Format =>
  (bytes, start, end) => {
    let at = start + before;
    for (let left = count; left > 0 && at <= end; left -= 1) at = endOfString(bytes, at, end);
    return at === end;
  };

/** The letters of the SQLSTATE and of the message, which every error and every notice has. */
const ALWAYS_PRESENT = Buffer.from('CM');

/** Fields of a letter and a string, and a zero after the last: an error or a notice. */
const fields: Format = (bytes, start, end) => {
  const missing = new Set(ALWAYS_PRESENT);
  let at = start;
  while (at < end && bytes[at] !== 0) {
    missing.delete(bytes[at] as number);
    at = endOfString(bytes, at + 1, end);
  }
  return at === end - 1 && missing.size === 0;
};

const columns: Format = (bytes, start, end) => {
  let at = start + 2;
  for (let left = countAt(bytes, start, end); left > 0 && at <= end; left -= 1) {
    at = endOfString(bytes, at, end) + 18;
  }
  return at === end;
};

const values: Format = (bytes, start, end) => {
  let at = start + 2;
  for (let left = countAt(bytes, start, end); left > 0 && at <= end; left -= 1) {
    if (at + 4 > end) return false;
    const length = bytes.readInt32BE(at);
    if (length < -1) return false;
    at += 4 + Math.max(0, length);
  }
  return at === end;
};

/** A count and as many numbers of some bytes, after some bytes of a fixed length. */
const numbers =
  (size: number, before: number): Format =>
  (bytes, start, end) =>
    start + before + 2 + countAt(bytes, start + before, end) * size === end;

const transactionStatus: Format = (bytes, start, end) =>
  end - start === 1 && 'ITE'.includes(String.fromCharCode(bytes[start] as number));

/** By the type of the message. */
const FORMATS: Readonly<Record<string, Format>> = {
  '1': empty,
  '2': empty,
  '3': empty,
  A: strings(2, 4),
  C: strings(1),
  D: values,
  E: fields,
  G: numbers(2, 1),
  H: numbers(2, 1),
  I: empty,
  K: fixedLength(8),
  N: fields,
  S: strings(2),
  T: columns,
  Z: transactionStatus,
  c: empty,
  n: empty,
  s: empty,
  t: numbers(4, 0),
};

/**
 * Checks whether the content of a message has the format of its type: its length, its counts and its strings agree, and an
 * error or a notice has the fields that each has.
 *
 * @param type the letter that names the type; for one without a format here, every content is accepted
 * @param bytes hold the content from `start` to `end`
 */
export function isWellFormed(type: string, bytes: Buffer, start: number, end: number): boolean {
  return FORMATS[type]?.(bytes, start, end) ?? true;
}

/** Reads the count at the beginning of a list. Returns a count that no content has if it is missing or negative. */
export function countAt(bytes: Buffer, at: number, end: number): number {
  const count = at + 2 > end ? -1 : bytes.readInt16BE(at);
  return count < 0 ? Number.POSITIVE_INFINITY : count;
}

/** Lists the types of the columns in a well-formed description of a result, as numbers of PostgreSQL. */
export function typesIn(bytes: Buffer, start: number, end: number): readonly number[] {
  const types: number[] = [];
  let at = start + 2;
  while (at < end) {
    // After the name are the table and the number of the column, in six bytes, and eight bytes follow the type.
    const type = endOfString(bytes, at, end) + 6;
    types.push(bytes.readUInt32BE(type));
    at = type + 12;
  }
  return types;
}

/** Returns the place after the zero that ends a string, which is after `end` if the string does not end there. */
export function endOfString(bytes: Buffer, start: number, end: number): number {
  const zero = start >= end ? -1 : bytes.indexOf(0, start);
  return zero === -1 || zero >= end ? end + 1 : zero + 1;
}

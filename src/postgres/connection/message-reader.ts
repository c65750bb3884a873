/** The rules for the messages of a server. A check throws if it does not allow a message. */
export interface MessageRules {
  /**
   * Checks a message before its content arrives; more than once if that takes a while.
   *
   * @param type the letter that names its type
   * @param length of its content, in bytes; as the server claims, so it may be negative
   */
  checkHeader(type: string, length: number): void;
  /** Checks a message whose content, the bytes from `start` to `end`, has arrived. Not called for the data of a copy. */
  checkContent(type: string, bytes: Buffer, start: number, end: number): void;
}

/** The type, and the length as four bytes, which counts itself and the content. */
const HEADER_LENGTH = 5;
/** The type of the messages that hold the data of a copy. */
const COPY_DATA = 'd';

/**
 * Makes a function that takes the bytes of a server as they arrive and delivers whole messages, after it has checked them.
 * So a message that is not allowed reaches no reader, and one that claims too long a content takes no memory.
 *
 * Where a message with data of a copy ends has no meaning, and a row may be a gigabyte long. So such a message is delivered
 * as several if it does not arrive as a whole, and none of it is held.
 *
 * @param rules decides about every message
 * @param deliver receives one or more whole messages; also those before a message that is not allowed
 * @returns a function that throws what the rules throw; it must not be called again afterwards
 */
export function makeMessageReader(
  rules: MessageRules,
  deliver: (messages: Buffer) => void,
): (bytes: Buffer) => void {
  /** The beginning of a message that has not arrived as a whole, in a buffer that may be longer. */
  let held = Buffer.alloc(0);
  let heldLength = 0;
  /** The length of that message with its header; 0 until its header has arrived. */
  let wholeLength = 0;
  let missingCopyData = 0;

  const readMessages = (bytes: Buffer): void => {
    let end = 0;
    try {
      while (bytes.length - end >= HEADER_LENGTH) {
        const type = String.fromCharCode(bytes[end] as number);
        const length = bytes.readInt32BE(end + 1) - 4;
        rules.checkHeader(type, length);
        const content = end + HEADER_LENGTH;
        if (content + length > bytes.length) break;
        if (type !== COPY_DATA) rules.checkContent(type, bytes, content, content + length);
        end = content + length;
      }
    } finally {
      if (end > 0) deliver(bytes.subarray(0, end));
    }
    const rest = bytes.subarray(end);
    const isCopyData = rest.length >= HEADER_LENGTH && rest[0] === COPY_DATA.charCodeAt(0);
    if (isCopyData) readCopyData(rest.subarray(HEADER_LENGTH), rest.readInt32BE(1) - 4);
    else hold(rest);
  };

  /** Reads a part of a message with data of a copy. Returns the bytes after it. */
  const readCopyData = (bytes: Buffer, length: number): Buffer => {
    const data = bytes.subarray(0, length);
    missingCopyData = length - data.length;
    const header = Buffer.alloc(HEADER_LENGTH, COPY_DATA);
    header.writeInt32BE(data.length + 4, 1);
    if (data.length > 0) deliver(Buffer.concat([header, data]));
    return bytes.subarray(data.length);
  };

  const hold = (bytes: Buffer): void => {
    const length = heldLength + bytes.length;
    if (length > held.length) {
      // Each buffer is twice as long as the last, so that a message in many small packets is not copied with each, but no
      // longer than the message.
      const most = wholeLength === 0 ? 2 * length : Math.max(length, wholeLength);
      const longer = Buffer.allocUnsafe(Math.min(2 * length, most));
      held.copy(longer, 0, 0, heldLength);
      held = longer;
    }
    bytes.copy(held, heldLength);
    heldLength = length;
    wholeLength = length < HEADER_LENGTH ? 0 : 1 + held.readInt32BE(1);
  };

  /** Returns what was held, which is then no longer held. */
  const release = (): Buffer => {
    const bytes = held.subarray(0, heldLength);
    [held, heldLength, wholeLength] = [Buffer.alloc(0), 0, 0];
    return bytes;
  };

  /** Completes the message that is held. Returns the bytes after it. */
  const completeHeld = (bytes: Buffer): Buffer => {
    if (wholeLength === 0) return Buffer.concat([release(), bytes]);
    const end = wholeLength - heldLength;
    hold(bytes.subarray(0, end));
    if (heldLength === wholeLength) readMessages(release());
    return bytes.subarray(end);
  };

  return (bytes) => {
    let rest = missingCopyData > 0 ? readCopyData(bytes, missingCopyData) : bytes;
    if (heldLength > 0) rest = completeHeld(rest);
    if (rest.length > 0) readMessages(rest);
  };
}

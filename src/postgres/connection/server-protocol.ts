import { beginLogin, type LoginPolicy, type LoginState } from './login-state.js';
import { countAt, isWellFormed } from './message-format.js';
import type { MessageRules } from './message-reader.js';
import { answerTooLarge, protocolViolation } from './protocol-errors.js';

/** The rules for all messages of a server on one connection. */
export interface ServerProtocol extends MessageRules {
  readonly login: LoginState;
  /** The settings of the session that the server has reported during the login, such as `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MEBIBYTE = 2 ** 20;
/** libpq's limits for a request for authentication, and for the other messages of a login. */
const LONGEST_REQUEST = 2000;
const LONGEST_LOGIN_MESSAGE = 30_000;
const LONGEST_LOGIN = MEBIBYTE;
/** libpq's limit for messages that have no reason to be long. */
const LONGEST_SHORT_MESSAGE = 30_000;
/** The longest message that is held in memory. */
const LONGEST_MESSAGE = 256 * MEBIBYTE;
/** The longest message that a server can send. */
const LONGEST_POSSIBLE_MESSAGE = 1024 * MEBIBYTE;
/** The longest result of one query, with {@link MESSAGE_OVERHEAD} for each message. */
const LONGEST_RESULT = 512 * MEBIBYTE;
/** The memory that a row or a statement takes besides its values. */
const MESSAGE_OVERHEAD = 128;

/** The types of the messages after the server has accepted the login, until it is ready for a query. */
const START_TYPES = 'ESKNZ';
const SHORT_TYPES = '123CGHISZcnst';
const LONG_TYPES = 'ADENT';
const COPY_DATA = 'd';

/**
 * Makes the rules for the messages of a server on a new connection. They are stricter than `pg`, which waits for whatever
 * length a server claims, reads beyond the end of a message, and answers requests for a password during a query.
 */
export function beginProtocol(policy: LoginPolicy): ServerProtocol {
  const { where } = policy;
  const login = beginLogin(policy);
  const parameters = new Map<string, string>();
  /** Whether the login succeeded and the server was ready for a query. */
  let isOpen = false;
  let loginLength = 0;
  let resultLength = 0;
  let columnCount: number | undefined;

  const failWith = (detail: string): never => {
    login.fail();
    throw protocolViolation(where, detail);
  };
  /** Returns the longest message of a type at this time; undefined if there is none. */
  const longestOf = (type: string): number | undefined => {
    if (type === 'R') return LONGEST_REQUEST;
    if (isOpen && SHORT_TYPES.includes(type)) return LONGEST_SHORT_MESSAGE;
    if (isOpen) return (LONG_TYPES + COPY_DATA).includes(type) ? LONGEST_POSSIBLE_MESSAGE : undefined;
    return (login.hasAccepted() ? START_TYPES : 'E').includes(type) ? LONGEST_LOGIN_MESSAGE : undefined;
  };

  const checkLoginContent = (type: string, content: Buffer): void => {
    loginLength += content.length;
    if (loginLength > LONGEST_LOGIN) failWith('more data during the login than a login has');
    if (type === 'R') login.receive(content);
    if (type === 'S') {
      const [name = '', value = ''] = content.toString('utf8').split('\0');
      parameters.set(name, value);
    }
    if (type === 'E') login.fail();
    if (type === 'Z') isOpen = true;
  };
  const checkSessionContent = (type: string, bytes: Buffer, start: number, end: number): void => {
    if (type === 'Z') resultLength = 0;
    if (type === 'T') columnCount = countAt(bytes, start, end);
    if (type === 'D' && countAt(bytes, start, end) !== columnCount) {
      failWith('a row that does not have the columns of its result');
    }
    if (!'TDC'.includes(type)) return;
    resultLength += end - start + MESSAGE_OVERHEAD;
    if (resultLength > LONGEST_RESULT) {
      throw answerTooLarge(
        where,
        `a result of more than ${LONGEST_RESULT / MEBIBYTE} MiB, which is the limit`,
      );
    }
  };

  return {
    login,
    parameters,
    checkHeader: (type, length) => {
      const longest = longestOf(type);
      if (longest === undefined) return failWith(describeUnexpected(type));
      // The length that the server sends counts its own four bytes.
      if (length < 0 || length + 4 > longest) {
        return failWith(`a message that claims a length of ${length + 4} bytes`);
      }
      if (type === COPY_DATA || length <= LONGEST_MESSAGE) return;
      throw answerTooLarge(
        where,
        `a message of ${Math.ceil(length / MEBIBYTE)} MiB, and the limit is ${LONGEST_MESSAGE / MEBIBYTE} MiB`,
      );
    },
    checkContent: (type, bytes, start, end) => {
      if (!isWellFormed(type, bytes, start, end)) {
        failWith(`a message of the type ${type} whose content contradicts its length`);
      }
      if (!isOpen || type === 'R') checkLoginContent(type, bytes.subarray(start, end));
      else checkSessionContent(type, bytes, start, end);
    },
  };
}

function describeUnexpected(type: string): string {
  return /^[A-Za-z0-9]$/.test(type)
    ? `a message of the type ${type} at a time when no server sends one`
    : 'a message of an unknown type';
}

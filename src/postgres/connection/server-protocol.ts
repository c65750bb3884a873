import { beginLogin, type LoginPolicy, type LoginState } from './login-state.js';
import { countAt, isWellFormed, typesIn } from './message-format.js';
import type { MessageRules } from './message-reader.js';
import { answerTooLarge, protocolViolation } from './protocol-errors.js';
import { COST_OF_COLUMN, COST_OF_COMMAND, costOfRow } from './result-cost.js';

/** The rules for all messages of a server on one connection. */
export interface ServerProtocol extends MessageRules {
  readonly login: LoginState;
  /** The settings of the session that the server has reported during the login, such as `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** How the client uses a connection. */
export interface ProtocolPolicy extends LoginPolicy {
  /** Whether rows are passed on as they arrive, so that only one takes memory. */
  readonly streamsRows?: boolean;
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
/** The longest error or notice. */
const LONGEST_NOTICE = 16 * MEBIBYTE;
/** The most memory that the result of one query may take, as estimated. */
const LARGEST_RESULT = 512 * MEBIBYTE;

/** The types of the messages after the server has accepted the login, until it is ready for a query. */
const START_TYPES = 'ESKNZ';
/** Without PortalSuspended: no query asks for a part of its rows, and `pg` answers each of these messages. */
const SHORT_TYPES = '123ACGHISZcnt';
const NOTICE_TYPES = 'EN';
const LONG_TYPES = 'DT';
const COPY_DATA = 'd';
/** CopyInResponse. No query sends data, so `pg` refuses, once for every such message. */
const COPY_IN = 'G';

/**
 * Makes the rules for the messages of a server on a new connection. They are stricter than `pg`, which waits for whatever
 * length a server claims, reads beyond the end of a message, and answers requests for a password during a query.
 */
export function beginProtocol(policy: ProtocolPolicy): ServerProtocol {
  const { where } = policy;
  const login = beginLogin(policy);
  const parameters = new Map<string, string>();
  /** Whether the login succeeded and the server was ready for a query. */
  let isOpen = false;
  let loginLength = 0;
  let resultCost = 0;
  let types: readonly number[] | undefined;
  /** Whether the server must answer a refusal to send data for a copy before it may ask again. */
  let hasRefusedCopy = false;

  const failWith = (detail: string): never => {
    login.fail();
    throw protocolViolation(where, detail);
  };
  /** Returns the longest message of a type at this time; undefined if there is none. */
  const longestOf = (type: string): number | undefined => {
    if (type === 'R') return LONGEST_REQUEST;
    if (isOpen && SHORT_TYPES.includes(type)) return LONGEST_SHORT_MESSAGE;
    if (isOpen && NOTICE_TYPES.includes(type)) return LONGEST_NOTICE;
    if (isOpen) return (LONG_TYPES + COPY_DATA).includes(type) ? LONGEST_POSSIBLE_MESSAGE : undefined;
    return (login.hasAccepted() ? START_TYPES : 'E').includes(type) ? LONGEST_LOGIN_MESSAGE : undefined;
  };

  const checkLoginContent = (type: string, content: Buffer): void => {
    loginLength += content.length;
    if (loginLength > LONGEST_LOGIN) failWith('more data during the login than a login needs');
    if (type === 'R') login.receive(content);
    if (type === 'S') {
      const [name = '', value = ''] = content.toString('utf8').split('\0');
      parameters.set(name, value);
    }
    if (type === 'E') login.fail();
    if (type === 'Z') isOpen = true;
  };
  const checkCopy = (type: string): void => {
    if (type === COPY_IN && hasRefusedCopy) failWith('a second request for the data of a copy');
    if (type === COPY_IN) hasRefusedCopy = true;
    else if ('EZ'.includes(type)) hasRefusedCopy = false;
  };
  /** Estimates the memory that a message of a result takes, in bytes. */
  const costOf = (type: string, bytes: Buffer, start: number, end: number): number => {
    if (type === 'C') return COST_OF_COMMAND;
    if (type === 'T') {
      types = typesIn(bytes, start, end);
      return end - start + types.length * COST_OF_COLUMN;
    }
    if (type !== 'D') return 0;
    if (types === undefined || countAt(bytes, start, end) !== types.length) {
      return failWith('a row that does not have the columns of its result');
    }
    return costOfRow(bytes, start, end, types);
  };
  const checkSessionContent = (type: string, bytes: Buffer, start: number, end: number): void => {
    checkCopy(type);
    const isPassedOn = policy.streamsRows === true && type === 'D';
    resultCost = (type === 'Z' || isPassedOn ? 0 : resultCost) + costOf(type, bytes, start, end);
    if (resultCost <= LARGEST_RESULT) return;
    throw answerTooLarge(
      where,
      `a result that takes more than ${LARGEST_RESULT / MEBIBYTE} MiB of memory, which is the limit`,
    );
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
        failWith(`a malformed message of the type ${type}`);
      }
      if (!isOpen || type === 'R') checkLoginContent(type, bytes.subarray(start, end));
      else checkSessionContent(type, bytes, start, end);
    },
  };
}

function describeUnexpected(type: string): string {
  return /^[A-Za-z0-9]$/.test(type)
    ? `a message of the type ${type} at a time when no server sends it`
    : 'a message of an unknown type';
}

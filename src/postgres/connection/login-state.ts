import type { ConnectionError } from '../errors/explained-error.js';
import { parseAuthenticationRequest } from './authentication-request.js';
import {
  channelBindingUnavailable,
  loginMethodUnsupported,
  loginTampered,
  protocolViolation,
  serverUnproven,
} from './protocol-errors.js';

/** The conditions of a login. */
export interface LoginPolicy {
  /** The described target. */
  readonly where: string;
  readonly isEncrypted: boolean;
  /** Whether the login must be bound to the certificate of the server; libpq's `channel_binding=require`. */
  readonly requiresChannelBinding: boolean;
  /** Whether the server offered SASL on an earlier connection, so that it has no need of the password itself. */
  readonly hasOfferedSasl: boolean;
}

/** A message of the client that proves that it knows the password, or begins to. */
export type LoginAnswer = 'password' | 'SASL mechanism' | 'SASL proof';

/** The state of a login. */
export interface LoginState {
  /**
   * Receives a request for authentication, or the message that the login succeeded.
   *
   * @param content of a message of the type R
   * @throws ConnectionError if it must not be answered; then nothing is answered any more
   */
  receive(content: Buffer): void;
  /**
   * Records an answer that is about to be sent.
   *
   * @param mechanism which the client chose from the server's offer, with the answer `SASL mechanism`
   * @throws ConnectionError if the server has not requested it
   */
  answer(answer: LoginAnswer, mechanism?: string): void;
  /** Ends the login: the server refused it, or broke the protocol. */
  fail(): void;
  /** Whether the server has accepted the login, also if it ended it afterwards. */
  hasAccepted(): boolean;
  /** Whether the server has offered SASL, now or earlier. */
  hasOfferedSasl(): boolean;
}

/**
 * - `begun`: the server has requested nothing.
 * - `password requested`, `password sent`: the login is by a password in clear text or its MD5 hash.
 * - `SASL offered`, `SASL begun`, `SASL challenged`, `SASL proven`, `server proven`: the login is by SCRAM. This side has
 *   proven in `SASL proven` that it knows the password, and the server in `server proven`.
 * - `accepted`: the login succeeded.
 * - `failed`: nothing may follow.
 */
type Step =
  | 'begun'
  | 'password requested'
  | 'password sent'
  | 'SASL offered'
  | 'SASL begun'
  | 'SASL challenged'
  | 'SASL proven'
  | 'server proven'
  | 'accepted'
  | 'failed';

/** The step that each answer needs, and the one that it leads to. */
const ANSWERS: Readonly<Record<LoginAnswer, readonly [from: Step, to: Step]>> = {
  password: ['password requested', 'password sent'],
  'SASL mechanism': ['SASL offered', 'SASL begun'],
  'SASL proof': ['SASL challenged', 'SASL proven'],
};

/** The mechanism that binds a login to the certificate of the server. */
const PLUS = 'SCRAM-SHA-256-PLUS';
const MECHANISMS = ['SCRAM-SHA-256', PLUS];

/**
 * Makes the state of a login. It allows one way from the beginning to the end, whatever `pg` would do: a server that
 * requests something else on the way gets no answer, since its only use would be to get at the password. `pg` itself
 * answers every request at any time.
 */
export function beginLogin(policy: LoginPolicy): LoginState {
  const { where } = policy;
  let step: Step = 'begun';
  let hasOfferedSasl = policy.hasOfferedSasl;
  let hasAccepted = false;

  const failWith = (error: ConnectionError): never => {
    step = 'failed';
    throw error;
  };
  const tampered = (detail: string): never => failWith(loginTampered(where, detail));

  /** A server may request one kind of authentication, once. */
  const begin = (kind: string): void => {
    if (step === 'begun') return;
    const before = hasAccepted ? 'accepted the login' : 'requested another login';
    tampered(`requested ${kind} after it had ${before}`);
  };
  const requestPassword = (kind: string): void => {
    begin(kind);
    if (policy.requiresChannelBinding) failWith(channelBindingUnavailable(where));
    if (hasOfferedSasl) tampered(`requested ${kind} after it had offered SCRAM on another connection`);
    step = 'password requested';
  };
  const offerSasl = (mechanisms: readonly string[]): void => {
    begin('SCRAM');
    hasOfferedSasl = true;
    const isBound = policy.isEncrypted && mechanisms.includes(PLUS);
    if (policy.requiresChannelBinding && !isBound) failWith(channelBindingUnavailable(where));
    if (!policy.isEncrypted && mechanisms.includes(PLUS)) {
      failWith(protocolViolation(where, 'an offer of channel binding on a connection without TLS'));
    }
    if (!mechanisms.some((mechanism) => MECHANISMS.includes(mechanism))) {
      failWith(loginMethodUnsupported(where, describeMechanisms(mechanisms)));
    }
    step = 'SASL offered';
  };
  const proceed = (from: Step, to: Step, message: string): void => {
    if (step !== from) tampered(`sent ${message} out of order`);
    step = to;
  };
  const accept = (): void => {
    if (step === 'begun' && policy.requiresChannelBinding) failWith(channelBindingUnavailable(where));
    if (step.startsWith('SASL')) {
      failWith(serverUnproven(where, 'accepted the login without proving that it knows the password'));
    }
    if (!['begun', 'password sent', 'server proven'].includes(step)) {
      tampered('accepted the login out of order');
    }
    step = 'accepted';
    hasAccepted = true;
  };
  const refuseMethod = (method: string): void => {
    begin(method);
    if (policy.requiresChannelBinding) failWith(channelBindingUnavailable(where));
    failWith(loginMethodUnsupported(where, method));
  };

  const receive = (content: Buffer): void => {
    const request = parseAuthenticationRequest(content);
    switch (request?.kind) {
      case 'accepted':
        accept();
        break;
      case 'password':
        requestPassword(request.name);
        break;
      case 'SASL':
        offerSasl(request.mechanisms);
        break;
      case 'SASL challenge':
        proceed('SASL begun', 'SASL challenged', 'a challenge');
        break;
      case 'SASL proof':
        proceed('SASL proven', 'server proven', 'its proof');
        break;
      case 'unsupported':
        refuseMethod(request.name);
        break;
      default:
        failWith(protocolViolation(where, 'a malformed or unknown request for authentication'));
    }
  };

  return {
    receive,
    answer: (answer, mechanism) => {
      const [from, to] = ANSWERS[answer];
      if (step !== from) throw loginTampered(where, 'requested a login out of order');
      if (answer === 'SASL mechanism' && policy.requiresChannelBinding && mechanism !== PLUS) {
        failWith(channelBindingUnavailable(where));
      }
      step = to;
    },
    fail: () => {
      step = 'failed';
    },
    hasAccepted: () => hasAccepted,
    hasOfferedSasl: () => hasOfferedSasl,
  };
}

/** Returns the names that have the form of a mechanism's name; a server may send any text. */
function describeMechanisms(mechanisms: readonly string[]): string {
  const names = mechanisms.filter((mechanism) => /^[A-Z0-9_-]{1,20}$/.test(mechanism));
  return names.length === 0 ? 'an unknown method' : names.slice(0, 3).join(' or ');
}

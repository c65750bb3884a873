import { call, remedy } from '../../text/remedy.js';
import { ConnectionError } from '../errors.js';
import pg from '../pg.js';
import {
  ADMIN_SHUTDOWN,
  CANNOT_CONNECT_NOW,
  CRASH_SHUTDOWN,
  INSUFFICIENT_PRIVILEGE,
  INVALID_AUTHORIZATION_SPECIFICATION,
  INVALID_CATALOG_NAME,
  INVALID_NAME,
  INVALID_PARAMETER_VALUE,
  INVALID_PASSWORD,
  TOO_MANY_CONNECTIONS,
  UNDEFINED_OBJECT,
} from '../sql-states.js';
import { describeTarget, type Target } from '../target.js';
import { explainPoolerRefusal } from './pooler.js';
import type { Sentences } from './sentences.js';

/**
 * Explains why a server, or a pooler in front of it, refused a connection. It goes by SQLSTATE, since a server's
 * messages come in its own language.
 *
 * @param error what the server sent
 * @returns the explained error; the server's own message is in its sentence where it says more than the code
 */
export function explainRefusal(error: pg.DatabaseError, target: Target): ConnectionError {
  const [code, problem, remedy] =
    explainPoolerRefusal(error, target) ?? refusal(error, target) ?? otherRefusal(error);
  return new ConnectionError(code, `${describeTarget(target)} ${problem}.`, { remedy, cause: error });
}

function refusal(error: pg.DatabaseError, target: Target): Sentences | undefined {
  switch (error.code) {
    case INVALID_PASSWORD:
      return wrongPassword(error, target);
    case INVALID_AUTHORIZATION_SPECIFICATION:
      if (error.routine === 'InitializeSessionUserId') return roleRefused(error);
      return error.routine === 'read_client_final_message' ? intercepted(error) : ruleRefused(error, target);
    case INVALID_CATALOG_NAME:
      return [
        'database_missing',
        'does not exist: the server is there, the database is not',
        remedy`Create it with ${call('up', { create: true })}, or correct the name at the end of the URL.`,
      ];
    case INSUFFICIENT_PRIVILEGE:
      return error.routine === 'CheckMyDatabase' ? databaseForbidden(error, target) : optionsRefused(error);
    case TOO_MANY_CONNECTIONS:
      return [
        'too_many_connections',
        `has no connection left: ${said(error)}`,
        'Run the command again when there is less to do, close connections that nobody uses, or raise max_connections (or the limit of the user or the database).',
      ];
    case CANNOT_CONNECT_NOW:
      return [
        'server_not_ready',
        `takes no connections now: ${said(error)}`,
        'Run the command again when the server has started; it is not waited for here.',
      ];
    case ADMIN_SHUTDOWN:
    case CRASH_SHUTDOWN:
      return [
        'server_not_ready',
        `is shutting down: ${said(error)}`,
        'Run the command again when the server is back.',
      ];
    case UNDEFINED_OBJECT:
    case INVALID_PARAMETER_VALUE:
    case INVALID_NAME:
      return optionsRefused(error);
    default:
      return undefined;
  }
}

function wrongPassword(error: pg.DatabaseError, target: Target): Sentences {
  const source =
    target.password === undefined ? `from ${target.passwordFile}` : 'in the URL, or in PGPASSWORD';
  return [
    'wrong_password',
    `does not accept user and password: ${said(error)}`,
    `Correct the user, or the password ${source}; in a URL its special characters are percent-encoded (@ is %40).`,
  ];
}

function roleRefused(error: pg.DatabaseError): Sentences {
  return [
    'role_refused',
    `does not let this user in: ${said(error)}`,
    'Correct the user in the URL, or let an administrator create the role with the right to log in.',
  ];
}

/** The login is tied to the certificate that we were shown, and the server has another one. */
function intercepted(error: pg.DatabaseError): Sentences {
  return [
    'channel_binding_failed',
    `is not what this connection is encrypted with; somebody between decrypts it: ${said(error)}`,
    'If that is a proxy which is meant to be there, write channel_binding=disable into the URL; if not, tell who runs the network, and verify the server by sslmode=verify-full.',
  ];
}

function ruleRefused(error: pg.DatabaseError, target: Target): Sentences {
  const encrypt =
    target.tls.mode === 'disable'
      ? 'Write sslmode=require into the URL if it takes encrypted ones only, or let'
      : 'Let';
  return [
    'connection_not_allowed',
    `takes no such connection: ${said(error)}`,
    `${encrypt} an administrator add a line for this user, database and address to its pg_hba.conf.`,
  ];
}

function databaseForbidden(error: pg.DatabaseError, target: Target): Sentences {
  return [
    'database_forbidden',
    `may not be used by this user: ${said(error)}`,
    `Let its owner run: grant connect on database ${pg.escapeIdentifier(target.database)} to ${pg.escapeIdentifier(target.user)};`,
  ];
}

function optionsRefused(error: pg.DatabaseError): Sentences {
  return [
    'session_options_refused',
    `does not take the settings for the session: ${said(error)}`,
    'Correct the parameter "options" in the URL, or the variable PGOPTIONS.',
  ];
}

function otherRefusal(error: pg.DatabaseError): Sentences {
  return [
    'connection_failed',
    `refused the connection: ${said(error)} (SQLSTATE ${error.code ?? 'unknown'})`,
    "Look up the SQLSTATE in PostgreSQL's documentation, appendix A, and the server's log around this moment.",
  ];
}

function said(error: pg.DatabaseError): string {
  return error.message.replace(/\.$/, '');
}

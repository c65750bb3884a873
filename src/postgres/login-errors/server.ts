import { call, remedy } from '../../text/remedy.js';
import type { Target } from '../connection/target.js';
import pg from '../driver/pg.js';
import type { ConnectionError } from '../errors/explained-error.js';
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
} from '../errors/sql-states.js';
import { knownTextOf } from '../redaction/known-text.js';
import { redactCause, redactText } from '../redaction/redact.js';
import { type Diagnosis, errorOf } from './diagnosis.js';
import { diagnosePoolerRefusal } from './pooler.js';

/**
 * Explains why a server, or a pooler in front of it, refused a login. It decides by SQLSTATE, since a server writes its
 * messages in its own language.
 *
 * @param refusal what the server sent; the sentence quotes its message if that says more than the code
 */
export function explainRefusal(refusal: pg.DatabaseError, target: Target): ConnectionError {
  const { user, database, host, options = '' } = target;
  const known = knownTextOf([user, database, host, options].join('\n'));
  const error = redactCause(refusal, redactText(refusal, known));
  const diagnosis =
    diagnosePoolerRefusal(error, target) ?? diagnoseRefusal(error, target) ?? otherRefusal(error);
  return errorOf(diagnosis, target, error);
}

function diagnoseRefusal(error: pg.DatabaseError, target: Target): Diagnosis | undefined {
  switch (error.code) {
    case INVALID_PASSWORD:
      return wrongPassword(error, target);
    case INVALID_AUTHORIZATION_SPECIFICATION:
      if (error.routine === 'InitializeSessionUserId') return roleRefused(error);
      return error.routine === 'read_client_final_message' ? intercepted(error) : ruleRefused(error, target);
    case INVALID_CATALOG_NAME:
      return {
        code: 'database_missing',
        problem: 'does not exist: the server is running, but it has no database of this name',
        remedy: remedy`Create it with ${call('up', { create: true })}, or correct the name at the end of the URL.`,
      };
    case INSUFFICIENT_PRIVILEGE:
      return error.routine === 'CheckMyDatabase' ? databaseForbidden(error, target) : optionsRefused(error);
    case TOO_MANY_CONNECTIONS:
      return {
        code: 'too_many_connections',
        problem: `has no connection left: ${messageOf(error)}`,
        remedy:
          'Close connections that are not in use and run the command again, or raise max_connections (or the connection limit of the user or the database).',
      };
    case CANNOT_CONNECT_NOW:
      return {
        code: 'server_not_ready',
        problem: `accepts no connections yet: ${messageOf(error)}`,
        remedy: 'Run the command again when the server has started.',
      };
    case ADMIN_SHUTDOWN:
    case CRASH_SHUTDOWN:
      return {
        code: 'server_not_ready',
        problem: `is shutting down: ${messageOf(error)}`,
        remedy: 'Run the command again when the server is running.',
      };
    case UNDEFINED_OBJECT:
    case INVALID_PARAMETER_VALUE:
    case INVALID_NAME:
      return optionsRefused(error);
    default:
      return undefined;
  }
}

function wrongPassword(error: pg.DatabaseError, target: Target): Diagnosis {
  const source = target.password === undefined ? `in ${target.passwordFile}` : 'in the URL or in PGPASSWORD';
  return {
    code: 'wrong_password',
    problem: `rejected the user or the password: ${messageOf(error)}`,
    remedy: `Correct the user, or the password ${source}. In a URL, special characters are percent-encoded (@ is %40).`,
  };
}

function roleRefused(error: pg.DatabaseError): Diagnosis {
  return {
    code: 'role_refused',
    problem: `does not accept this user: ${messageOf(error)}`,
    remedy:
      'Correct the user in the URL, or ask an administrator to create the role with the attribute LOGIN.',
  };
}

/** SCRAM binds the login to the certificate that this side received, and the server has another one. */
function intercepted(error: pg.DatabaseError): Diagnosis {
  return {
    code: 'channel_binding_failed',
    problem: `did not send the certificate that this connection is encrypted with, so a third party decrypts it: ${messageOf(error)}`,
    remedy:
      'If a proxy is meant to decrypt the connection, add channel_binding=disable to the URL. If not, report it to the administrator of the network, and verify the server with sslmode=verify-full.',
  };
}

function ruleRefused(error: pg.DatabaseError, target: Target): Diagnosis {
  const encrypt =
    target.tls.mode === 'disable'
      ? 'Add sslmode=require to the URL if the server accepts only encrypted connections. Otherwise ask'
      : 'Ask';
  return {
    code: 'connection_not_allowed',
    problem: `does not allow this connection: ${messageOf(error)}`,
    remedy: `${encrypt} an administrator to add a line for this user, database and address to pg_hba.conf of the server.`,
  };
}

function databaseForbidden(error: pg.DatabaseError, target: Target): Diagnosis {
  return {
    code: 'database_forbidden',
    problem: `does not accept this user: ${messageOf(error)}`,
    remedy: `Ask the owner of the database to run: grant connect on database ${pg.escapeIdentifier(target.database)} to ${pg.escapeIdentifier(target.user)};`,
  };
}

function optionsRefused(error: pg.DatabaseError): Diagnosis {
  return {
    code: 'session_options_refused',
    problem: `does not accept the session settings: ${messageOf(error)}`,
    remedy: 'Correct the parameter "options" in the URL, or the variable PGOPTIONS.',
  };
}

function otherRefusal(error: pg.DatabaseError): Diagnosis {
  return {
    code: 'connection_failed',
    problem: `refused the connection: ${messageOf(error)} (SQLSTATE ${error.code ?? 'unknown'})`,
    remedy:
      "Look up the SQLSTATE in appendix A of the PostgreSQL manual, and read what the server's log says about this login.",
  };
}

function messageOf(error: pg.DatabaseError): string {
  return error.message.replace(/\.$/, '');
}

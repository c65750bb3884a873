/**
 * SQLSTATEs, named as the conditions in appendix A of the PostgreSQL manual. The codes that the engine's own SQL raises
 * (`VS…`) are defined beside that SQL.
 */

import pg from '../driver/pg.js';

export const FEATURE_NOT_SUPPORTED = '0A000';
export const NUMERIC_VALUE_OUT_OF_RANGE = '22003';
export const INVALID_PARAMETER_VALUE = '22023';
export const INVALID_TEXT_REPRESENTATION = '22P02';
export const NOT_NULL_VIOLATION = '23502';
export const FOREIGN_KEY_VIOLATION = '23503';
export const UNIQUE_VIOLATION = '23505';
export const CHECK_VIOLATION = '23514';
export const ACTIVE_SQL_TRANSACTION = '25001';
export const READ_ONLY_SQL_TRANSACTION = '25006';
export const IDLE_IN_TRANSACTION_SESSION_TIMEOUT = '25P03';
export const TRANSACTION_TIMEOUT = '25P04';
export const INVALID_AUTHORIZATION_SPECIFICATION = '28000';
export const INVALID_PASSWORD = '28P01';
export const DEPENDENT_OBJECTS_STILL_EXIST = '2BP01';
export const INVALID_TRANSACTION_TERMINATION = '2D000';
export const INVALID_CATALOG_NAME = '3D000';
export const INVALID_SCHEMA_NAME = '3F000';
export const SERIALIZATION_FAILURE = '40001';
export const DEADLOCK_DETECTED = '40P01';
export const INSUFFICIENT_PRIVILEGE = '42501';
export const SYNTAX_ERROR = '42601';
export const INVALID_NAME = '42602';
export const DUPLICATE_COLUMN = '42701';
export const UNDEFINED_COLUMN = '42703';
export const UNDEFINED_OBJECT = '42704';
export const DUPLICATE_OBJECT = '42710';
export const DUPLICATE_ALIAS = '42712';
export const DUPLICATE_FUNCTION = '42723';
export const UNDEFINED_FUNCTION = '42883';
export const UNDEFINED_TABLE = '42P01';
export const DUPLICATE_CURSOR = '42P03';
export const DUPLICATE_DATABASE = '42P04';
export const DUPLICATE_PREPARED_STATEMENT = '42P05';
export const DUPLICATE_SCHEMA = '42P06';
export const DUPLICATE_TABLE = '42P07';
export const DISK_FULL = '53100';
export const OUT_OF_MEMORY = '53200';
export const TOO_MANY_CONNECTIONS = '53300';
export const CONFIGURATION_LIMIT_EXCEEDED = '53400';
export const STATEMENT_TOO_COMPLEX = '54001';
export const OBJECT_IN_USE = '55006';
export const LOCK_NOT_AVAILABLE = '55P03';
export const UNSAFE_NEW_ENUM_VALUE_USAGE = '55P04';
export const QUERY_CANCELED = '57014';
export const ADMIN_SHUTDOWN = '57P01';
export const CRASH_SHUTDOWN = '57P02';
export const CANNOT_CONNECT_NOW = '57P03';
export const DATABASE_DROPPED = '57P04';
export const IDLE_SESSION_TIMEOUT = '57P05';
export const UNDEFINED_FILE = '58P01';
export const RAISE_EXCEPTION = 'P0001';
export const ASSERT_FAILURE = 'P0004';

/** Classes: the first two characters of a SQLSTATE. */
const CLASSES = {
  connectionException: '08',
  featureNotSupported: '0A',
  dataException: '22',
  integrityConstraintViolation: '23',
  invalidAuthorization: '28',
  dependentObjects: '2B',
  externalRoutineException: '38',
  transactionRollback: '40',
  syntaxErrorOrAccessViolation: '42',
  insufficientResources: '53',
  programLimitExceeded: '54',
  objectNotInState: '55',
  operatorIntervention: '57',
  systemError: '58',
  foreignDataWrapperError: 'HV',
  internalError: 'XX',
} as const;

/**
 * Checks whether a SQLSTATE belongs to a class, which its first two characters say.
 *
 * @example
 * ```ts
 * isOfClass('integrityConstraintViolation', UNIQUE_VIOLATION); // true
 * ```
 */
export function isOfClass(name: keyof typeof CLASSES, sqlState: string): boolean {
  return sqlState.startsWith(CLASSES[name]);
}

/**
 * Returns the SQLSTATE of an error that a server or a pooler sent.
 *
 * @returns undefined for every other error
 */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

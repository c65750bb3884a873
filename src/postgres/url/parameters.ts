/** How this package treats a connection parameter of libpq. */
export interface Parameter {
  /** The environment variable that sets it if the URL does not. */
  readonly variable?: string;
  /** The values that have the same effect as in libpq; undefined if every value has. */
  readonly values?: readonly string[];
  /** Why any other value is an error, as the end of "The connection parameter sslsni …". */
  readonly reason?: string;
}

/** Has the same effect as in libpq. */
const supported = (variable?: string, values?: readonly string[]): Parameter => ({
  ...(variable === undefined ? {} : { variable }),
  ...(values === undefined ? {} : { values }),
});

/** Has no effect. Nothing depends on it: it only tunes the connection, or chooses among alternatives that do not exist here. */
const ignored = supported;

/** Is an error with any other value, since ignoring it would do less than the user requires. */
const unsupported = (reason: string, variable?: string, values: readonly string[] = []): Parameter => ({
  ...supported(variable, values),
  reason,
});

const PROTOCOL_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const OAUTH = unsupported('is not supported: no login uses OAuth.');

/** Every connection parameter of libpq 18 with its environment variable. */
export const PARAMETERS = {
  host: supported('PGHOST'),
  hostaddr: supported('PGHOSTADDR'),
  port: supported('PGPORT'),
  dbname: supported('PGDATABASE'),
  user: supported('PGUSER'),
  password: supported('PGPASSWORD'),
  passfile: supported('PGPASSFILE'),
  options: supported('PGOPTIONS'),
  connect_timeout: supported('PGCONNECT_TIMEOUT'),
  keepalives: supported(undefined, ['0', '1']),
  keepalives_idle: supported(),
  channel_binding: supported('PGCHANNELBINDING', ['disable', 'prefer', 'require']),
  target_session_attrs: unsupported(
    'would select a server that cannot be written to.',
    'PGTARGETSESSIONATTRS',
    ['any', 'read-write', 'primary', 'prefer-standby'],
  ),
  client_encoding: unsupported('is not supported: every connection uses UTF-8.', 'PGCLIENTENCODING', [
    'auto',
    'utf8',
    'UTF8',
    'utf-8',
    'UTF-8',
    'unicode',
    'UNICODE',
  ]),

  sslmode: supported('PGSSLMODE', ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']),
  sslnegotiation: supported('PGSSLNEGOTIATION', ['postgres', 'direct']),
  sslrootcert: supported('PGSSLROOTCERT'),
  sslcrl: supported('PGSSLCRL'),
  sslcert: supported('PGSSLCERT'),
  sslkey: supported('PGSSLKEY'),
  sslpassword: supported(),
  sslcertmode: unsupported(
    'is not supported: it is unknown whether the server requested a certificate.',
    'PGSSLCERTMODE',
    ['disable', 'allow'],
  ),
  ssl_min_protocol_version: supported('PGSSLMINPROTOCOLVERSION', PROTOCOL_VERSIONS),
  ssl_max_protocol_version: supported('PGSSLMAXPROTOCOLVERSION', PROTOCOL_VERSIONS),
  sslcrldir: unsupported('is not supported: use sslcrl with a single file.', 'PGSSLCRLDIR'),
  sslsni: unsupported('is not supported: the host name is always sent.', 'PGSSLSNI', ['1']),
  sslkeylogfile: unsupported('is not supported: TLS keys are not logged.'),

  application_name: ignored('PGAPPNAME'),
  fallback_application_name: ignored(),
  keepalives_interval: ignored(),
  keepalives_count: ignored(),
  tcp_user_timeout: ignored(),
  sslcompression: ignored('PGSSLCOMPRESSION'),
  load_balance_hosts: ignored('PGLOADBALANCEHOSTS'),
  krbsrvname: ignored('PGKRBSRVNAME'),
  gsslib: ignored('PGGSSLIB'),
  gssdelegation: ignored('PGGSSDELEGATION'),
  max_protocol_version: ignored('PGMAXPROTOCOLVERSION'),
  servicefile: ignored('PGSERVICEFILE'),

  gssencmode: unsupported('is not supported: no connection uses GSSAPI.', 'PGGSSENCMODE', [
    'disable',
    'prefer',
  ]),
  min_protocol_version: unsupported(
    'is not supported: the protocol version is 3.0.',
    'PGMINPROTOCOLVERSION',
    ['3.0'],
  ),
  require_auth: unsupported('is not supported: every login method is accepted.', 'PGREQUIREAUTH'),
  requirepeer: unsupported('is not supported: the owner of a socket is not checked.', 'PGREQUIREPEER'),
  service: unsupported('is not supported: service files are not read.', 'PGSERVICE'),
  replication: unsupported('is not supported: a replication connection runs no migrations.'),
  scram_client_key: unsupported('is not supported: a login needs the password.'),
  scram_server_key: unsupported('is not supported: a login needs the password.'),
  oauth_issuer: OAUTH,
  oauth_client_id: OAUTH,
  oauth_client_secret: OAUTH,
  oauth_scope: OAUTH,
} as const satisfies Record<string, Parameter>;

/** The name of a connection parameter of libpq. */
export type ParameterName = keyof typeof PARAMETERS;

/** Checks whether libpq has a connection parameter of this name. */
export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

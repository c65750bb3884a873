/** What becomes of one of libpq's connection parameters. */
export interface Parameter {
  /** The environment variable that stands in for it. */
  readonly variable?: string;
  /** The only values that we can do as libpq does them; any value where this is absent. */
  readonly values?: readonly string[];
  /** Why another value, or any at all, is refused: "sslsni=… cannot be done: …". */
  readonly because?: string;
}

/** libpq does with it what we do, value by value. */
const honoured = (variable?: string, values?: readonly string[]): Parameter => ({
  ...(variable === undefined ? {} : { variable }),
  ...(values === undefined ? {} : { values }),
});

/** Ignoring it takes away nothing that somebody relies on: a tuning, or a choice among what we have one of. */
const harmless = honoured;

/** Ignoring it would do less than was asked for, so any value but these is an error. */
const refused = (because: string, variable?: string, values: readonly string[] = []): Parameter => ({
  ...honoured(variable, values),
  because,
});

const PROTOCOL_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const OAUTH = refused('cannot be done: there is no OAuth here.');

/** Every connection parameter of libpq 18, and the environment variable of each. */
export const PARAMETERS = {
  host: honoured('PGHOST'),
  hostaddr: honoured('PGHOSTADDR'),
  port: honoured('PGPORT'),
  dbname: honoured('PGDATABASE'),
  user: honoured('PGUSER'),
  password: honoured('PGPASSWORD'),
  passfile: honoured('PGPASSFILE'),
  options: honoured('PGOPTIONS'),
  connect_timeout: honoured('PGCONNECT_TIMEOUT'),
  keepalives: honoured(undefined, ['0', '1']),
  keepalives_idle: honoured(),
  channel_binding: honoured('PGCHANNELBINDING', ['disable', 'prefer', 'require']),
  target_session_attrs: refused('would ask for a server that cannot be written to.', 'PGTARGETSESSIONATTRS', [
    'any',
    'read-write',
    'primary',
    'prefer-standby',
  ]),
  client_encoding: refused('would not fit: text is UTF-8 here, always.', 'PGCLIENTENCODING', [
    'auto',
    'utf8',
    'UTF8',
    'utf-8',
    'UTF-8',
    'unicode',
    'UNICODE',
  ]),

  sslmode: honoured('PGSSLMODE', ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']),
  sslnegotiation: honoured('PGSSLNEGOTIATION', ['postgres', 'direct']),
  sslrootcert: honoured('PGSSLROOTCERT'),
  sslcrl: honoured('PGSSLCRL'),
  sslcert: honoured('PGSSLCERT'),
  sslkey: honoured('PGSSLKEY'),
  sslpassword: honoured(),
  sslcertmode: refused('cannot be done: nobody tells us whether the server asked.', 'PGSSLCERTMODE', [
    'disable',
    'allow',
  ]),
  ssl_min_protocol_version: honoured('PGSSLMINPROTOCOLVERSION', PROTOCOL_VERSIONS),
  ssl_max_protocol_version: honoured('PGSSLMAXPROTOCOLVERSION', PROTOCOL_VERSIONS),
  sslcrldir: refused('cannot be read: name one file with sslcrl instead.', 'PGSSLCRLDIR'),
  sslsni: refused('cannot be done: the host name is always sent.', 'PGSSLSNI', ['1']),
  sslkeylogfile: refused('cannot be done: the keys of TLS are not written down.'),

  application_name: harmless('PGAPPNAME'),
  fallback_application_name: harmless(),
  keepalives_interval: harmless(),
  keepalives_count: harmless(),
  tcp_user_timeout: harmless(),
  sslcompression: harmless('PGSSLCOMPRESSION'),
  load_balance_hosts: harmless('PGLOADBALANCEHOSTS'),
  krbsrvname: harmless('PGKRBSRVNAME'),
  gsslib: harmless('PGGSSLIB'),
  gssdelegation: harmless('PGGSSDELEGATION'),
  max_protocol_version: harmless('PGMAXPROTOCOLVERSION'),
  servicefile: harmless('PGSERVICEFILE'),

  gssencmode: refused('cannot be done: there is no GSSAPI here.', 'PGGSSENCMODE', ['disable', 'prefer']),
  min_protocol_version: refused('cannot be done: protocol 3.0 is spoken.', 'PGMINPROTOCOLVERSION', ['3.0']),
  require_auth: refused('cannot be done: any way to log in is taken.', 'PGREQUIREAUTH'),
  requirepeer: refused('cannot be done: the owner of a socket is not looked up.', 'PGREQUIREPEER'),
  service: refused('cannot be done: service files are not read.', 'PGSERVICE'),
  replication: refused('would open a connection that runs no SQL of ours.'),
  scram_client_key: refused('cannot be done: only passwords are.'),
  scram_server_key: refused('cannot be done: only passwords are.'),
  oauth_issuer: OAUTH,
  oauth_client_id: OAUTH,
  oauth_client_secret: OAUTH,
  oauth_scope: OAUTH,
} as const satisfies Record<string, Parameter>;

/** The name of one of libpq's connection parameters. */
export type ParameterName = keyof typeof PARAMETERS;

/** Whether libpq knows a parameter of this name. */
export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

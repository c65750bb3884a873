// @ts-check
// The environment of the programs that prepare a clone. Not part of the installed package.

/** What programs need to start, to find the user's files and to print text. On Windows, names are in any case. */
const NEEDED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TMP', 'TEMP', 'TERM', 'LANG', 'TZ', 'NO_COLOR'],
  ...['SystemRoot', 'SystemDrive', 'windir', 'ComSpec', 'PATHEXT', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH'],
  ...['APPDATA', 'LOCALAPPDATA', 'ProgramData', 'ProgramFiles', 'ProgramFiles(x86)', 'USERNAME'],
];

/** What npm needs besides: proxies, certificate authorities, its own credentials, and how version managers find it. */
const NEEDED_BY_NPM = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'],
  ...['NODE_EXTRA_CA_CERTS', 'NODE_USE_SYSTEM_CA', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['NPM_TOKEN', 'NODE_AUTH_TOKEN', 'PREFIX', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME'],
  ...['NVM_DIR', 'VOLTA_HOME', 'ASDF_DIR', 'ASDF_DATA_DIR', 'MISE_DATA_DIR', 'FNM_DIR', 'COREPACK_HOME'],
];

/**
 * Returns the environment of a child process: an allow-list, so that no child gets `DATABASE_URL`, `PGPASSWORD` or another
 * secret of the caller, nor `NODE_OPTIONS`, which would make it load other code.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnvironment() {
  return select(NEEDED, /^LC_/i);
}

/**
 * Returns the environment of npm, with its settings.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment() {
  return select([...NEEDED, ...NEEDED_BY_NPM], /^(?:LC_|npm_config_)/i);
}

/**
 * @param {readonly string[]} names
 * @param {RegExp} pattern of further names
 * @returns {NodeJS.ProcessEnv}
 */
function select(names, pattern) {
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => allowed.has(name.toLowerCase()) || pattern.test(name)),
  );
}

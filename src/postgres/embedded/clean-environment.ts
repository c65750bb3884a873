/** The variables of Windows that a program needs to start and to find the user's folders, in lower case. */
const NEEDED_ON_WINDOWS = new Set([
  ...['path', 'pathext', 'systemroot', 'systemdrive', 'windir', 'comspec', 'temp', 'tmp', 'username'],
  ...['userprofile', 'appdata', 'localappdata', 'programdata', 'programfiles', 'homedrive', 'homepath'],
]);

/**
 * Returns the environment of every program that this package starts: an allow-list, so that none gets `DATABASE_URL`,
 * `PGPASSWORD` or another secret of this process, nor `NODE_OPTIONS`, its locale and its time zone.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited =
    process.platform === 'win32'
      ? Object.entries(process.env).filter(([name]) => NEEDED_ON_WINDOWS.has(name.toLowerCase()))
      : [['PATH', '/usr/local/bin:/usr/bin:/bin']];
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

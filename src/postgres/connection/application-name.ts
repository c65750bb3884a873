import { existsSync, readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(
  readFileSync(findManifest(new URL('.', import.meta.url)), { encoding: 'utf8' }),
);

/** The version of this package, as in its package.json. */
export const packageVersion: string = versionOf(manifest);

/** The address at which users report a bug in this package. */
export const bugsUrl: string = bugsUrlOf(manifest);

/** The name of every connection in `pg_stat_activity` and in the server's log. */
export const applicationName = `voicesurvey-db ${packageVersion}`;

/** Finds the nearest package.json. This file is deeper in src than the bundle that holds it is in dist. */
function findManifest(folder: URL): URL {
  const file = new URL('package.json', folder);
  const parent = new URL('..', folder);
  return existsSync(file) || parent.href === folder.href ? file : findManifest(parent);
}

function versionOf(content: unknown): string {
  if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version);
  throw new TypeError('package.json has no version.');
}

function bugsUrlOf(content: unknown): string {
  if (typeof content !== 'object' || content === null || !('bugs' in content)) return '';
  const { bugs } = content;
  return typeof bugs === 'object' && bugs !== null && 'url' in bugs ? String(bugs.url) : '';
}

import { join } from 'node:path';
import { folderWithManifest } from '../text/manifest-folder.js';

const ADDRESS = /^(?<server>[a-z]+:\/\/[^/?]*)(?:\/[^?]*)?(?:\?(?<parameters>.*))?$/s;

/** The address of another database on the same server, which `pg` and libpq read in the same way. */
export function withDatabaseName(url: string, name: string): string {
  const { server = url, parameters = '' } = ADDRESS.exec(url.trim())?.groups ?? {};
  const others = parameters.split('&').filter((parameter) => parameter !== '' && !/^dbname=/.test(parameter));
  return `${server}/${name}${others.length === 0 ? '' : `?${others.join('&')}`}`;
}

/**
 * Finds the server for tests: the one in `TEST_DATABASE_URL`, else the embedded server of the project in the working
 * directory, which is started if it is not running. `DATABASE_URL` may name a production server, so it does not count.
 *
 * @returns its address
 */
export async function findTestServer(): Promise<string> {
  const named = process.env.TEST_DATABASE_URL ?? '';
  if (named.trim() !== '') return named;
  const { startEmbeddedServer } = await import('../postgres/embedded.js');
  const project = folderWithManifest(process.cwd()) ?? process.cwd();
  return (await startEmbeddedServer({ directory: join(project, '.voicesurvey-db') })).url;
}

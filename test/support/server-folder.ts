import { chmod, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
/** What the databases of one run and their write-ahead log may need. */
const NEEDED_BYTES = 6 * 2 ** 30;

/**
 * Makes a folder for the data of a test server: in memory if there is room, where creating a database takes a quarter of the
 * time that ext4 needs. A server that root starts runs as another user, which may enter the folder.
 */
export async function makeServerFolder(): Promise<string> {
  const parent = (await freeBytes(IN_MEMORY)) >= NEEDED_BYTES ? IN_MEMORY : tmpdir();
  const folder = await mkdtemp(join(parent, 'voicesurvey-db-test-'));
  await chmod(folder, 0o755);
  return folder;
}

async function freeBytes(folder: string): Promise<number> {
  const status = await statfs(folder).catch(() => null);
  return status === null ? 0 : status.bavail * status.bsize;
}

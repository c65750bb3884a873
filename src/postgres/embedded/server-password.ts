import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { readServerFile } from './server-file.js';

/** Generates a password of 144 bits, of characters that need no encoding in a URL. */
export function generatePassword(): string {
  return randomBytes(18).toString('base64url');
}

/**
 * Reads the password of a server.
 *
 * @param folder the server's folder
 * @throws EmbeddedServerError `embedded_password_lost` if the file is missing or holds no password
 */
export async function readPassword(folder: string): Promise<string> {
  const path = join(folder, 'password');
  const text = await readServerFile(path);
  const password = text?.trim() ?? '';
  if (/^[\w-]{24,}$/.test(password)) return password;
  throw new EmbeddedServerError(
    'embedded_password_lost',
    `The password of the embedded server is lost: ${path} ${text === null ? 'is missing' : 'holds no password'}.`,
    {
      remedy: `Restore the file. For a new server without the data of this one, stop it and move ${folder} to another place.`,
    },
  );
}

import { readFile } from 'node:fs/promises';

/** A user in /etc/passwd. */
export interface LoginUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Lists the users in /etc/passwd; none if there is no such file. */
export async function readLoginUsers(): Promise<LoginUser[]> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    const [name, , uid = '', gid = ''] = line.split(':');
    // macOS writes the uid of nobody as -2, while the status of a file has 4294967294.
    return name && /^-?\d+$/.test(uid) && /^-?\d+$/.test(gid)
      ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }]
      : [];
  });
}

/** Returns the name of a user, or `uid 1234` if /etc/passwd does not have it. */
export async function loginNameOf(uid: number): Promise<string> {
  return (await readLoginUsers()).find((user) => user.uid === uid)?.name ?? `uid ${uid}`;
}

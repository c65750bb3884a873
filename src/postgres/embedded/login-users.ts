import { readFile } from 'node:fs/promises';

/** A line of /etc/passwd. */
export interface LoginUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The users that /etc/passwd lists; none where there is no such file. */
export async function loginUsers(): Promise<LoginUser[]> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    const [name, , uid = '', gid = ''] = line.split(':');
    // macOS writes the uid of nobody as -2; files tell it as 4294967294.
    return name && /^-?\d+$/.test(uid) && /^-?\d+$/.test(gid)
      ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }]
      : [];
  });
}

/** What people call a user: the name, or `uid 1234` where /etc/passwd has none. */
export async function loginName(uid: number): Promise<string> {
  return (await loginUsers()).find((user) => user.uid === uid)?.name ?? `uid ${uid}`;
}

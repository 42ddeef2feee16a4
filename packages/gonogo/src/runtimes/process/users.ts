import { readFile } from 'node:fs/promises';
import { problem } from '../../errors.ts';

export type Account = { readonly uid: number; readonly gid: number };

/**
 * The account instances run as; undefined when it is the agent's own. Fails with USER_UNKNOWN, or with USER_FORBIDDEN
 * when the agent may not become it. Reads passwd(5) only: accounts from a directory service are not looked up.
 */
export async function accountOf(user: string | undefined): Promise<Account | undefined> {
  if (user === undefined) return undefined;
  const account = parsePasswd(await readFile('/etc/passwd', 'utf8'), user);
  if (!account) throw problem('USER_UNKNOWN', { user });
  const own = process.getuid?.();
  if (account.uid === own) return undefined;
  if (own !== 0) throw problem('USER_FORBIDDEN', { user });
  return account;
}

/** `name:password:uid:gid:…`, passwd(5). */
function parsePasswd(text: string, user: string): Account | undefined {
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === user && uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

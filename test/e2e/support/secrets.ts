import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A secret as it is, and as it may be hidden in a URL, in JSON, in base64. */
function disguisesOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64];
  return [...new Set(forms)];
}

/** Which of the secrets stand in a text, in whatever disguise. */
export const secretsIn = (text: string | Buffer, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => disguisesOf(secret).some((form) => text.includes(form)));

/** The files under a folder that hold one of the secrets, relative to it; `except` names folders directly in it. */
export async function filesWithSecrets(
  folder: string,
  secrets: readonly string[],
  except: readonly string[] = [],
): Promise<{ readonly found: readonly string[]; readonly read: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !except.includes(path.split('/')[0] ?? ''));
  const found: string[] = [];
  for (const path of files) {
    if (secretsIn(await readFile(join(folder, path)), secrets).length > 0) found.push(path);
  }
  return { found, read: files.length };
}

/** The pids of all processes of this machine that show one of the secrets in their arguments (proc_pid_cmdline(5)). */
export async function argumentsWithSecrets(secrets: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const shown = await Promise.all(
    pids.map(async (pid) => {
      try {
        return secretsIn(await readFile(join('/proc', pid, 'cmdline')), secrets).length > 0;
      } catch {
        return false; // It ended while we looked: it shows nothing any more.
      }
    }),
  );
  return pids.filter((_, index) => shown[index]);
}

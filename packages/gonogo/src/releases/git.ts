import { exec } from '../system/exec.ts';

export type Source = { readonly revision: string; readonly dirty: boolean };

/** The revision that a folder is at, and whether it has changes; undefined where there is no git, or no commit. */
export async function gitSource(folder: string): Promise<Source | undefined> {
  const revision = (await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD']))?.trim();
  if (!revision) return undefined;
  const changes = await git(folder, ['status', '--porcelain', '--untracked-files=normal', '--', '.']);
  return { revision, dirty: changes === undefined || changes !== '' };
}

async function git(cwd: string, args: readonly string[]): Promise<string | undefined> {
  const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env;
  // Its optional locks would be in the way of the user's own git.
  const env = { PATH, HOME, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  try {
    const { code, stdout } = await exec(['git', ...args], { cwd, env });
    return code === 0 ? stdout : undefined;
  } catch {
    return undefined; // There is no git: then nothing is known of the source.
  }
}

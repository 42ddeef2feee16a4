import { join } from 'node:path';
import type { Entry } from '../packages/gonogo/src/system/entries.ts';
import { type Executed, exec } from '../packages/gonogo/src/system/exec.ts';

const root = join(import.meta.dirname, '..');
/** The launcher of the built package. */
export const gonogo = join(root, 'packages', 'gonogo', 'bin', 'gonogo.js');

/** The file of a program in the built package. */
export const builtEntry = (entry: Entry): string => join(root, 'packages', 'gonogo', 'dist', `${entry}.js`);

/** Builds the packages, so that what is measured is what this source makes. */
export async function build(): Promise<void> {
  const argv = [process.execPath, join(root, 'tools', 'build.ts')];
  const { code, stdout, stderr } = await exec(argv, { cwd: root, env: {} });
  if (code !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
}

export type Place = { readonly cwd: string; readonly env: Readonly<Record<string, string>> };

/** Runs a command to its end; fails, with what it printed, unless it ends with 0. */
export async function runOrFail(argv: readonly string[], place: Place): Promise<Executed> {
  const ended = await exec(argv, place);
  if (ended.code !== 0)
    throw new Error(`${argv.join(' ')} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
  return ended;
}

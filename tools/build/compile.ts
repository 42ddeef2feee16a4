import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../../packages/gonogo/src/system/exec.ts';

/** Compiles a library to JavaScript and declarations that people can read: nothing is bundled or minified. */
export async function compile(source: string, out: string): Promise<void> {
  if (!existsSync(join(source, 'index.ts'))) throw new Error(`${source} has no index.ts`);
  const folder = join(source, '..');
  const tsc = join(folder, '..', '..', 'node_modules', '.bin', 'tsc');
  const argv = [process.execPath, tsc, '-p', folder, '--outDir', out];
  const { code, stdout, stderr } = await exec(argv, { cwd: folder, env: {} });
  if (code !== 0) throw new Error(`tsc failed:\n${stdout}${stderr}`);
}

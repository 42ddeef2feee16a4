import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../packages/gonogo/src/errors.ts';
import { bundle } from './build/bundle.ts';
import { compile } from './build/compile.ts';

// npm run build: what the two packages publish. The old dist stays until the new one is complete.
const root = join(import.meta.dirname, '..');
const started = performance.now();

async function build(name: string, make: (source: string, out: string) => Promise<void>): Promise<void> {
  const folder = join(root, 'packages', name);
  const fresh = join(folder, `dist.new-${process.pid}`);
  const old = join(folder, `dist.old-${process.pid}`);
  try {
    await mkdir(fresh);
    await make(join(folder, 'src'), fresh);
    await rename(join(folder, 'dist'), old).catch(ignoreMissing);
    await rename(fresh, join(folder, 'dist'));
    await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error; // The first build has nothing to replace.
}

const builds = await Promise.allSettled([build('gonogo', bundle), build('health', compile)]);
for (const ended of builds) {
  if (ended.status === 'fulfilled') continue;
  console.error(messageOf(ended.reason));
  process.exitCode = 1;
}
if (!process.exitCode) console.log(`built both packages in ${Math.round(performance.now() - started)} ms`);

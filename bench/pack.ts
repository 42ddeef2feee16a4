import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bundle, packBundle } from '../packages/gonogo/src/releases/bundle.ts';
import { sendBundle } from '../packages/gonogo/src/releases/send.ts';
import { removeTree } from '../packages/gonogo/src/releases/settle.ts';
import { bundleStore } from '../packages/gonogo/src/releases/store.ts';

/** Files of a large node_modules: many small ones, some large. Sizes in bytes, each with how many there are. */
const sizes = [
  [1_000, 9_000],
  [4_000, 6_000],
  [16_000, 3_000],
  [60_000, 1_000],
  [300_000, 150],
  [5_000_000, 4],
] as const;

/**
 * Packs a node_modules of 200 MB: for the first time, unchanged, and changed in one file; then stores ten releases of it.
 * `--rounds` (5).
 */
export async function pack(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-bench-pack-'));
  try {
    const from = join(root, 'app');
    const files = await plant(from);
    await sleep(2_500); // What is younger than two seconds is not remembered.
    const cache = join(root, 'digests');
    const first = await timed(() => packBundle({ from, cache }));
    const unchanged: number[] = [];
    const changed: number[] = [];
    for (let round = 0; round < Number(options.rounds ?? 5); round++) {
      unchanged.push((await timed(() => packBundle({ from, cache }))).ms);
      await writeFile(join(from, 'node_modules/p1/f1.js'), randomBytes(1_000));
      changed.push((await timed(() => packBundle({ from, cache }))).ms);
    }
    return {
      files,
      mb: Math.round(first.result.bytes / 1e6),
      first_ms: Math.round(first.ms),
      unchanged_ms: Math.round(median(unchanged)),
      changed_ms: Math.round(median(changed)),
      ...(await storeTen(join(root, 'store'), from, cache)),
    };
  } finally {
    await removeTree(root);
  }
}

async function plant(from: string): Promise<number> {
  let count = 0;
  for (const [size, many] of sizes) {
    for (let i = 0; i < many; i++, count++) {
      const folder = join(from, 'node_modules', `p${Math.floor(count / 20)}`);
      if (count % 20 === 0) await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `f${count}.js`), randomBytes(size));
    }
  }
  return count;
}

/** Ten releases, each changed in one file: what the first one and each later one take to hand over, and on the disk. */
async function storeTen(folder: string, from: string, cache: string): Promise<Record<string, number>> {
  const store = bundleStore(folder);
  const hand = async (bundle: Bundle): Promise<void> =>
    store.put(bundle.digest, sendBundle(bundle, await store.lacking(bundle.digest, bundle.index)));
  const times: number[] = [];
  let verified = 0;
  let inspected = 0;
  const used: number[] = [];
  for (let release = 0; release < 10; release++) {
    await writeFile(join(from, 'node_modules/p1/f1.js'), randomBytes(1_000));
    const bundle = await packBundle({ from, cache });
    times.push((await timed(() => hand(bundle))).ms);
    const artifact = { kind: 'bundle', digest: bundle.digest } as const;
    verified = (await timed(() => store.verify(artifact))).ms;
    const place = await store.locate(artifact);
    inspected = (await timed(() => store.inspect(place))).ms;
    used.push(await diskUsage(folder));
  }
  return {
    store_first_ms: Math.round(times[0] ?? 0),
    store_later_ms: Math.round(median(times.slice(1))),
    verify_ms: Math.round(verified),
    inspect_ms: Math.round(inspected),
    disk_one_mb: Math.round((used[0] ?? 0) / 1e6),
    disk_ten_mb: Math.round((used[9] ?? 0) / 1e6),
  };
}

/** As du(1) counts: every file once, however many names it has, and folders too. */
async function diskUsage(folder: string): Promise<number> {
  const { execFileSync } = await import('node:child_process');
  return Number(execFileSync('du', ['-s', '-B1', folder], { encoding: 'utf8' }).split('\t')[0]);
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

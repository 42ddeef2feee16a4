import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The programs of gonogo that run as a process or a thread of their own. */
export type Entry = 'cli' | 'agent' | 'keeper' | 'proxy' | 'inside' | 'sqlite-worker' | 'demo-traffic';

/** The source of each entry, relative to this file; the build bundles exactly these. */
export const entrySources: Readonly<Record<Entry, string>> = {
  cli: '../cli/main.ts',
  agent: '../agent/main.ts',
  keeper: '../keeper/main.ts',
  proxy: '../proxy/main.ts',
  inside: '../checks/inside/main.ts',
  'sqlite-worker': '../stores/sqlite/worker.ts',
  'demo-traffic': '../cli/demo/traffic-worker.ts',
};

/** The file that starts an entry: beside this one when bundled, its source when run from a checkout. */
export function entryPath(entry: Entry): string {
  const bundled = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(bundled ? `./${entry}.js` : entrySources[entry], import.meta.url));
}

/**
 * The variable that lets a program find what Node.js has compiled of it before: beside its code, so that it goes with
 * that. Empty for a source, which is compiled anew.
 */
export const compileCache = (entry: string): Record<string, string> =>
  entry.endsWith('.ts') ? {} : { NODE_COMPILE_CACHE: join(dirname(dirname(entry)), 'compiled') };

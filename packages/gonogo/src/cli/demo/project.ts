import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { shopFolder } from './shop-folder.ts';
import { applyEdit, applyVersion, type VersionName, versions } from './versions.ts';

/** The project's folder as a developer has it, with one version of the shop checked out. */
export type Project = {
  readonly folder: string;
  readonly config: string;
  checkOut(version: VersionName): Promise<void>;
};

/** Where the databases of the demo listen. */
export type Databases = { readonly staging: string; readonly production: string; readonly ledger: string };

/** The addresses that the sample's gonogo.yaml gives to the instances of each environment. */
export const addresses = { staging: '127.0.0.2', production: '127.0.0.3' } as const;

/** A short watch. The machine is shared with everything else the demo runs, so latency says little here. */
const watch = 'watch: { for: 5s, errors: 1%, p99: 50x, min_requests: 50 }';

/** The demo brings its databases and its hurry; everything else is the sample as it stands. */
const changes = [
  { file: 'gonogo.yaml', find: ', node_modules]', put: ']' },
  { file: 'gonogo.yaml', find: 'watch: { for: 30s, errors: 1%, p99: 5x, min_requests: 50 }', put: watch },
  {
    file: 'gonogo.yaml',
    find: 'strategy: in-place\n',
    put: 'strategy: in-place\n    watch: { for: 2s }\n',
  },
  {
    file: 'gonogo.yaml',
    find: 'every: 1s, timeout: 1s, failures: 2',
    put: 'every: 500ms, timeout: 1s, failures: 4',
  },
];

/** Makes the folder of a project whose environment files name these databases. */
export function makeProject(folder: string, databases: Databases): Project {
  return {
    folder,
    config: join(folder, 'gonogo.yaml'),
    checkOut: async (version) => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await cp(shopFolder(), folder, { recursive: true, filter: isSource });
      await applyVersion(folder, versions[version]);
      for (const edit of changes) await applyEdit(folder, edit);
      for (const [name, text] of Object.entries(environmentFiles(version, databases)))
        await writeFile(join(folder, name), text, { mode: 0o600 });
    },
  };
}

/** What a fresh clone of the sample holds: its environment files belong to whoever deploys it. */
const isSource = (path: string): boolean =>
  basename(path) !== 'node_modules' && !basename(path).startsWith('.env.') && !path.endsWith('.test.ts');

/** What each version needs appears with it. That v3's key is missing in production is the whole of its chapter. */
function environmentFiles(version: VersionName, databases: Databases): Record<string, string> {
  const { staging, production, ledger } = databases;
  const payment = version === 'v3' ? { PAYMENT_KEY: 'a-key-for-tests' } : {};
  const books = version === 'v4' ? { LEDGER_URL: ledger } : {};
  return {
    '.env.staging': lines({ DATABASE_URL: staging, ...payment, ...books }),
    '.env.production': lines({ DATABASE_URL: production, ...books }),
  };
}

const lines = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

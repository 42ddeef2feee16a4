import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { type BuildResult, build } from 'esbuild';
import { configJsonSchema } from '../../packages/gonogo/src/config/json-schema.ts';
import { type Entry, entrySources } from '../../packages/gonogo/src/system/entries.ts';
import { commonJsNames } from './commonjs.ts';
import { leanHttp } from './http.ts';
import { leanDocker } from './lean-docker.ts';
import { collectLicences } from './licences.ts';

// Libraries written as CommonJS ask for `require`, which an ES module has not.
const banner = `import { createRequire as createRequire_ } from 'node:module';\nconst require = createRequire_(import.meta.url);`;

const root = join(import.meta.dirname, '..', '..');
/** The application that `gonogo demo` deploys. */
const sample = join(root, 'examples', 'shop');

/** Started while somebody waits for them: a file each, which Node.js reads in half the time that its chunks would take. */
const processes: ReadonlySet<string> = new Set<Entry>(['agent', 'keeper', 'proxy', 'sqlite-worker']);

/** Bundles every entry of gonogo with its libraries: `<entry>.js`, and the chunks that commands share or load when needed. */
export async function bundle(source: string, out: string): Promise<void> {
  const entries = entryPoints(source);
  const alone = entries.filter(([entry]) => processes.has(entry));
  const together = entries.filter(([entry]) => !processes.has(entry));
  const results = await Promise.all([
    ...alone.map((entry) => bundleEntries([entry], out, { splitting: false })),
    bundleEntries(together, out, { splitting: true }),
  ]);
  await writeFile(
    join(out, 'THIRD-PARTY.txt'),
    await collectLicences([...new Set(results.flatMap(inputsOf))]),
  );
  await cp(sample, join(out, 'shop'), {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules' && !path.endsWith('.test.ts'),
  });
  await writeFile(join(out, '..', 'schema.json'), `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
}

const bundleEntries = (
  entries: readonly (readonly [string, string])[],
  outdir: string,
  { splitting }: { splitting: boolean },
) =>
  build({
    absWorkingDir: root, // What the paths in the metafile are relative to.
    entryPoints: Object.fromEntries(entries),
    outdir,
    bundle: true,
    splitting,
    // What a process is written in stays in its memory; names stay as they are, and lines short, for who reads a stack.
    ...(splitting ? {} : { minifyWhitespace: true, lineLimit: 120 }),
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: '[name]-[hash]',
    banner: { js: banner },
    external: ['pg-native'], // Optional in pg, compiled, and never asked for here.
    legalComments: 'none',
    plugins: [commonJsNames, leanHttp, leanDocker],
    metafile: true,
    logLevel: 'warning',
  });

/** Name and source. An entry without a source fails the build, after the others are built. */
function entryPoints(source: string): (readonly [string, string])[] {
  const paths = Object.entries(entrySources).map(
    ([entry, path]) => [entry, join(source, 'system', path)] as const,
  );
  for (const [entry, path] of paths.filter(([, path]) => !existsSync(path))) {
    console.error(`the entry ${entry} has no source: ${relative(process.cwd(), path)}`);
    process.exitCode = 1;
  }
  return paths.filter(([, path]) => existsSync(path));
}

/** The files that went into the bundle, without those that a plugin made up. */
const inputsOf = (result: BuildResult<{ metafile: true }>): string[] =>
  Object.keys(result.metafile.inputs).filter((path) => !/^[\w-]+:/.test(path));

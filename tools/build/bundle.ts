import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { type BuildResult, build } from 'esbuild';
import { configJsonSchema } from '../../packages/gonogo/src/config/json-schema.ts';
import { entrySources } from '../../packages/gonogo/src/system/entries.ts';
import { commonJsNames } from './commonjs.ts';
import { leanHttp } from './http.ts';
import { leanDocker } from './lean-docker.ts';
import { collectLicences } from './licences.ts';

// Libraries written as CommonJS ask for `require`, which an ES module has not.
const banner = `import { createRequire as createRequire_ } from 'node:module';\nconst require = createRequire_(import.meta.url);`;

const root = join(import.meta.dirname, '..', '..');
/** The application that `gonogo demo` deploys. */
const sample = join(root, 'examples', 'shop');

/** Bundles every entry of gonogo with its libraries: `<entry>.js` and the chunks that they share or load when needed. */
export async function bundle(source: string, out: string): Promise<void> {
  const result = await build({
    absWorkingDir: root, // What the paths in the metafile are relative to.
    entryPoints: entryPoints(source),
    outdir: out,
    bundle: true,
    splitting: true,
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
  await writeFile(join(out, 'THIRD-PARTY.txt'), await collectLicences(inputsOf(result)));
  await cp(sample, join(out, 'shop'), {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules' && !path.endsWith('.test.ts'),
  });
  await writeFile(join(out, '..', 'schema.json'), `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
}

/** Name → source. An entry without a source fails the build, after the others are built. */
function entryPoints(source: string): Record<string, string> {
  const paths = Object.entries(entrySources).map(
    ([entry, path]) => [entry, join(source, 'system', path)] as const,
  );
  for (const [entry, path] of paths.filter(([, path]) => !existsSync(path))) {
    console.error(`the entry ${entry} has no source: ${relative(process.cwd(), path)}`);
    process.exitCode = 1;
  }
  return Object.fromEntries(paths.filter(([, path]) => existsSync(path)));
}

/** The files that went into the bundle, without those that a plugin made up. */
const inputsOf = (result: BuildResult<{ metafile: true }>): string[] =>
  Object.keys(result.metafile.inputs).filter((path) => !/^[\w-]+:/.test(path));

import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

/**
 * `await import('x')` of a CommonJS package has named exports in Node.js, but in a bundle that is split into chunks only
 * `default`. This gives the bundle the names that Node.js finds, so that the built program and the source are the same.
 */
export const commonJsNames: Plugin = {
  name: 'commonjs-names',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'resolving' || path.startsWith('node:'))
        return undefined;
      const found = await build.resolve(path, { kind, resolveDir, pluginData: 'resolving' });
      if (found.external || found.errors.length > 0) return undefined;
      const names = await namesOf(found.path);
      return names && { path: found.path, namespace: 'commonjs-names', pluginData: names };
    });
    build.onLoad({ filter: /.*/, namespace: 'commonjs-names' }, ({ path, pluginData }) => ({
      contents: wrapper(path, pluginData as string[]),
      resolveDir: process.cwd(),
    }));
  },
};

/** The names that Node.js finds in a CommonJS module; undefined for an ES module, which needs no help. */
async function namesOf(path: string): Promise<string[] | undefined> {
  const names = Object.keys(await import(pathToFileURL(path).href));
  if (!names.includes('module.exports')) return undefined; // Node.js gives this name to CommonJS only.
  return names.filter((name) => name !== 'default' && name !== 'module.exports');
}

const wrapper = (path: string, names: readonly string[]): string =>
  `const all = require(${JSON.stringify(path)});\nexport default all;\nexport const { ${names.join(', ')} } = all;\n`;

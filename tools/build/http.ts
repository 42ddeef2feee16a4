import type { Plugin } from 'esbuild';

/**
 * An ES module that imports `node:http` makes Node.js read all of its exports, and reading `http.WebSocket` loads a whole
 * HTTP client: 25 ms, and memory in every process. Asked for with `getBuiltinModule`, the module loads alone.
 */
export const leanHttp: Plugin = {
  name: 'lean-http',
  setup(build) {
    build.onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind.startsWith('require')
        ? undefined
        : { path: path.replace(/^(node:)?/, 'node:'), namespace: 'lean-http' },
    );
    build.onLoad({ filter: /.*/, namespace: 'lean-http' }, ({ path }) => ({ contents: wrapper(path) }));
  },
};

/** All exports but those that are computed when they are read: `WebSocket` is one. */
function wrapper(path: string): string {
  const properties = Object.getOwnPropertyDescriptors(process.getBuiltinModule(path));
  const names = Object.keys(properties).filter((name) => properties[name]?.get === undefined);
  return `const all = process.getBuiltinModule('${path}');\nexport default all;\nexport const { ${names.join(', ')} } = all;\n`;
}

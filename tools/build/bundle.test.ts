import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { commonJsNames } from './commonjs.ts';
import { leanHttp } from './http.ts';
import { collectLicences } from './licences.ts';

/** What a program prints when it is bundled in chunks and run. */
async function runBundled(contents: string): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), 'gonogo-bundle-'));
  try {
    const banner = `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      banner: { js: banner },
      outExtension: { '.js': '.mjs' },
      plugins: [commonJsNames, leanHttp],
    });
    const { stdout, stderr } = await exec([process.execPath, join(out, 'stdin.mjs')], { cwd: out, env: {} });
    return stdout + stderr;
  } finally {
    await rm(out, { recursive: true });
  }
}

test('a CommonJS library that is loaded when needed has its names in the bundle', async () => {
  const said = await runBundled(`const { getTypeParser, default: all } = await import('pg-types');
    console.log(typeof getTypeParser, all.getTypeParser === getTypeParser);`);
  assert.equal(said, 'function true\n');
});

test('node:http works in the bundle, and does not bring its WebSocket client along', async () => {
  const said = await runBundled(`import { createServer } from 'node:http';
    const { request } = await import('node:http');
    const loaded = process.moduleLoadList.filter((name) => name.includes('undici'));
    console.log(typeof createServer, typeof request, loaded.length);`);
  assert.equal(said, 'function function 0\n');
});

test('the licence of every library is collected once, whatever its files are', async () => {
  const files = ['zod/index.js', 'zod/v4/core.js', '@hono/node-server/dist/index.mjs'];
  const text = await collectLicences(files.map((file) => `node_modules/${file}`));
  assert.equal(text.match(/^zod \d+\.\d+\.\d+ \(MIT\)$/gm)?.length, 1);
  assert.match(text, /^@hono\/node-server \d/m);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Import, importsOf } from './imports.ts';

async function scan(t: { after(fn: () => Promise<void>): void }, text: string): Promise<Import[]> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-imports-'));
  t.after(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'a.ts'), text);
  return importsOf(root, ['*.ts']);
}

const brief = (found: Import[]): string[] => found.map(({ to, how }) => `${how} ${to}`);

test('finds static imports, side effects and re-exports, over several lines too', async (t) => {
  const text = `import a, { b } from './b.ts';\nimport './c.ts';\nexport * from './d.ts';\nexport {\n  e,\n} from './e.ts';\n`;
  assert.deepEqual(brief(await scan(t, text)), ['static b.ts', 'static c.ts', 'static d.ts', 'static e.ts']);
});

test('tells imports that vanish at run time from imports that do not', async (t) => {
  const text = `import type { A } from './a1.ts';\nimport { type B } from './b.ts';\nlet x: import('./c.ts').C;\nlet y: typeof import('./d.ts');\n`;
  assert.deepEqual(brief(await scan(t, text)), ['types a1.ts', 'static b.ts', 'types c.ts', 'types d.ts']);
});

test('finds imports that load when they are reached, and shows one whose name is not written out', async (t) => {
  const text = `const { a } = await import('pg');\nimport('zod').then(run);\nawait import(name);\n`;
  assert.deepEqual(brief(await scan(t, text)), ['lazy pg', 'lazy zod', 'lazy name']);
});

test('does not count comments, and is not confused by globs', async (t) => {
  const text = `// import './a.ts'\n/** import('./b.ts') */\nconst g = 'x/*/y';\nimport './c.ts';\nconst h = '*/';\n`;
  assert.deepEqual(brief(await scan(t, text)), ['static c.ts']);
});

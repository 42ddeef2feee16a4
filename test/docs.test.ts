import assert from 'node:assert/strict';
import { access, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../packages/gonogo/src/config/load.ts';

const root = join(import.meta.dirname, '..');

type Page = { readonly path: string; readonly text: string };

async function pages(): Promise<Page[]> {
  const found: Page[] = [];
  for await (const path of glob(['*.md', 'docs/**/*.md', 'examples/*/*.md', 'packages/*/*.md'], {
    cwd: root,
  })) {
    found.push({ path, text: await readFile(join(root, path), 'utf8') });
  }
  assert.ok(found.length > 8, 'there are pages to look at');
  return found;
}

test('every gonogo.yaml that a page shows is one that gonogo takes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-docs-'));
  t.after(() => rm(folder, { recursive: true }));
  let shown = 0;
  for (const { path, text } of await pages()) {
    for (const [, yaml = ''] of text.matchAll(/```yaml\n(.*?)```/gs)) {
      if (!/^service:/m.test(yaml)) continue;
      const file = join(folder, 'gonogo.yaml');
      await writeFile(file, yaml);
      await assert.doesNotReject(loadConfig(file), `${path}:\n${yaml}`);
      shown++;
    }
  }
  assert.ok(shown >= 2);
});

test('every npm script that a page names exists', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
  for (const { path, text } of await pages()) {
    for (const [, name = ''] of text.matchAll(/npm run (?:-\S+ )*([a-z]+(?::[a-z]+)*)/g)) {
      assert.ok(name in scripts, `${path} names npm run ${name}`);
    }
  }
});

test('every link of a page to a file of this repository leads somewhere', async () => {
  for (const { path, text } of await pages()) {
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      await assert.doesNotReject(access(join(root, dirname(path), link)), `${path} → ${link}`);
    }
  }
});

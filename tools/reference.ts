import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { readIfPresent } from '../packages/gonogo/src/system/files.ts';
import { cliPage } from './reference-cli.ts';
import { configPage } from './reference-config.ts';
import { errorsPage } from './reference-errors.ts';

// npm run reference writes docs/reference; with --check it changes nothing and ends with 1 if a page is out of date.
const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs', 'reference');

/** Each page of docs/reference and what makes it. */
const pages: Record<string, () => string | Promise<string>> = {
  'cli.md': cliPage,
  'errors.md': errorsPage,
  'gonogo-yaml.md': configPage,
};

async function outdated(): Promise<{ path: string; text: string }[]> {
  const made = Object.entries(pages).map(async ([name, make]) => ({
    path: join(folder, name),
    text: await make(),
  }));
  const current = await Promise.all(
    made.map(async (page) => ({ ...(await page), was: await readIfPresent((await page).path) })),
  );
  return current.filter(({ text, was }) => text !== was);
}

const changed = await outdated();
if (process.argv.includes('--check')) {
  for (const { path } of changed) console.error(`${relative(root, path)} is out of date: npm run reference`);
  process.exitCode = changed.length > 0 ? 1 : 0;
} else {
  for (const { path, text } of changed) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`wrote ${relative(root, path)}`);
  }
}

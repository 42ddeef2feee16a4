import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The licence texts of the packages that these files come from. Fails for a package that has none. */
export async function collectLicences(files: readonly string[]): Promise<string> {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  const texts = await Promise.all([...folders].sort().map(licenceOf));
  return `gonogo contains these libraries.\n${texts.map((text) => `\n${'-'.repeat(80)}\n${text}`).join('')}`;
}

/** `node_modules/@hono/node-server/dist/index.mjs` → `node_modules/@hono/node-server` */
const packageFolder = (file: string): string | undefined =>
  /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];

async function licenceOf(folder: string): Promise<string> {
  const about = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const names = await readdir(join(root, folder));
  const file = names.find((name) => /^licen[cs]e(\.(md|txt))?$/i.test(name));
  const head = `${about.name} ${about.version} (${about.license})`;
  if (file) return `${head}\n\n${(await readFile(join(root, folder, file), 'utf8')).trim()}\n`;
  if (!about.license) throw new Error(`${folder} names no licence`);
  return `${head}\n`;
}

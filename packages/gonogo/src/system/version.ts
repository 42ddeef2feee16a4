import { readFileSync } from 'node:fs';

/** The version in the package's `package.json`, which lies one folder above a bundle and two above a source. */
export function version(): string {
  const bundled = !import.meta.url.endsWith('.ts');
  const path = new URL(bundled ? '../package.json' : '../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

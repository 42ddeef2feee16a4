import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingPlatforms, type Packages } from './lockfile/platforms.ts';

// npm leaves a package for another platform out of the lockfile when the registry at hand does not have it, and then
// `npm ci` refuses the lockfile: everywhere. This adds what is missing; with --check it only says so, and ends with 1.
const path = join(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Packages };
const missing = missingPlatforms(lock.packages);
const names = Object.keys(missing).map((key) => key.replace('node_modules/', ''));

if (names.length > 0 && process.argv.includes('--check')) {
  console.error(`package-lock.json lacks ${names.join(', ')}: node tools/lockfile.ts`);
  process.exitCode = 1;
} else if (names.length > 0) {
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) =>
    a.localeCompare(b, 'en'),
  );
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`added ${names.join(', ')}`);
}

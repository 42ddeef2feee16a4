import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../packages/gonogo/src/errors.ts';
import { findIn, type SourceFile, unusedCodes } from './lint/rules.ts';

// The rules of this repository that biome has not. Ends with 1 if one is broken.
const root = join(import.meta.dirname, '..');
const read = (path: string): SourceFile => ({ path, text: readFileSync(join(root, path), 'utf8') });
const sources = globSync('packages/*/src/**/*.ts', { cwd: root }).map(read);
const tools = globSync('{tools,bench,test}/**/*.ts', { cwd: root }).map(read);
if (sources.length < 40) throw new Error(`only ${sources.length} files were found: the patterns are wrong`);

const findings = [...sources, ...tools].flatMap(findIn);
for (const { path, line, why } of findings) console.error(`${path}:${line} ${why}`);
const shipped = sources.filter(({ path }) => !path.endsWith('.test.ts'));
const unused = unusedCodes(Object.keys(catalogue), shipped);
for (const code of unused) console.error(`errors.ts: nothing throws ${code}; take it out of the catalogue`);
process.exitCode = findings.length + unused.length > 0 ? 1 : 0;

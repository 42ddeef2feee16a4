import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

// npm run fuzz:http -- --cases 1000000 --seed 1
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const begun = performance.now();
const { cases, failures } = await fuzz({
  cases: Number(values.cases),
  seed: Number(values.seed),
  onProgress: (line) => console.error(line),
});
const total = Object.values(cases).reduce((sum, one) => sum + one, 0);
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(
  JSON.stringify({
    cases: total,
    failures: failures.length,
    seed: Number(values.seed),
    seconds,
    by_kind: cases,
  }),
);
process.exitCode = failures.length > 0 ? 1 : 0;

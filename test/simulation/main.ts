import { parseArgs } from 'node:util';
import { runMany } from './many.ts';
import { print } from './print.ts';

// npm run simulate -- --runs 50000 --seed 1 --format json
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: 'pretty' },
  },
});

const outcome = runMany({ runs: Number(values.runs), first: Number(values.seed) });
print(outcome, values.format === 'json' ? 'json' : 'pretty');
process.exitCode = outcome.violations.length > 0 || outcome.unhit.length > 0 ? 1 : 0;

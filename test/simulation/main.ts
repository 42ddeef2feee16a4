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

/** A run of nothing would break nothing. */
function wholeNumber(name: 'runs' | 'seed'): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`--${name} must be a whole number from 1`);
  return number;
}

const outcome = await runMany({ runs: wholeNumber('runs'), first: wholeNumber('seed') });
print(outcome, values.format === 'json' ? 'json' : 'pretty');
process.exitCode = outcome.violations.length > 0 || outcome.unhit.length > 0 ? 1 : 0;

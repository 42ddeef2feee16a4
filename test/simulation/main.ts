import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: 'pretty' },
  },
});

const runs = Number(values.runs);
const first = Number(values.seed);
const totals = { runs, steps: 0, crashes: 0, faults: 0, violations: 0 };
const endings = new Map<string, number>();
const begun = performance.now();

for (let seed = first; seed < first + runs; seed++) {
  const report = simulate(seed);
  totals.steps += report.events;
  totals.crashes += report.crashes;
  totals.faults += report.faults;
  for (const ending of report.endings) endings.set(ending, (endings.get(ending) ?? 0) + 1);
  if (!report.violation) continue;
  totals.violations++;
  if (totals.violations > 3) continue;
  const { invariant, what, trace } = report.violation;
  console.log(`seed ${seed} breaks "${invariant}": ${what}`);
  for (const line of trace) console.log(`  ${line}`);
  console.log(`  replay: npm run simulate -- --runs 1 --seed ${seed}`);
}

const seconds = (performance.now() - begun) / 1000;
console.log(
  `${runs} runs, ${totals.steps} events in ${seconds.toFixed(1)} s (${Math.round(runs / seconds)} runs a second)`,
);
console.log(`endings: ${[...endings].map(([name, count]) => `${name} ${count}`).join(', ')}`);
if (values.format === 'json') console.log(JSON.stringify(totals));
process.exitCode = totals.violations > 0 ? 1 : 0;

import { faults } from './faults.ts';
import type { Many } from './many.ts';
import { minimise } from './minimise.ts';
import { impossibleInWords, kinds, whyImpossible } from './pairs.ts';

/** How many violations are shrunk and shown. */
const shown = 3;

/** Prints what came of many runs; for `json` the last line is the summary alone. */
export function print(many: Many, format: 'pretty' | 'json'): void {
  for (const seed of many.violations.slice(0, shown)) printViolation(seed);
  const { runs, steps, crashes, faults: struck, violations } = many;
  const perSecond = (seconds: number): number => Math.round(runs / seconds);
  console.log(`${runs} runs, ${steps} steps, ${many.events} events (median ${many.median} a run)`);
  console.log(
    `${many.seconds.toFixed(1)} s, ${perSecond(many.seconds)} runs a second in ${many.threads} threads; ` +
      `${many.cpuSeconds.toFixed(1)} s of CPU, ${perSecond(many.cpuSeconds)} runs a second of CPU`,
  );
  console.log(`endings: ${[...many.endings].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  printTable(many);
  for (const line of impossibleInWords()) console.log(`– ${line}`);
  for (const { fault, kind } of many.unhit) console.log(`never hit: ${fault} × ${kind}`);
  if (format === 'json')
    console.log(JSON.stringify({ runs, steps, crashes, faults: struck, violations: violations.length }));
}

function printViolation(seed: number): void {
  const { violation, trace } = minimise(seed);
  if (!violation) return;
  console.log(`seed ${seed} breaks "${violation.invariant}": ${violation.what}`);
  for (const line of trace) console.log(`  ${line}`);
  console.log(`  replay: npm run simulate -- --seed ${seed} --runs 1`);
}

/** One row a fault, one column a kind of step: how often it struck there. */
function printTable({ coverage }: Many): void {
  const all = [...new Set([...kinds, ...coverage.kinds])];
  const first = Math.max(...faults.map(({ length }) => length));
  const widths = all.map((kind) => Math.max(kind.length, 7));
  const columns = all.map((kind, i) => kind.padStart(widths[i] ?? 0));
  console.log(`${'fault × step'.padEnd(first)}  ${columns.join('  ')}`);
  for (const fault of faults) {
    const cells = all.map((kind, i) => {
      const count = coverage.count(fault, kind);
      const text = count === 0 && whyImpossible({ fault, kind }) !== undefined ? '–' : String(count);
      return text.padStart(widths[i] ?? 0);
    });
    console.log(`${fault.padEnd(first)}  ${cells.join('  ')}`);
  }
}

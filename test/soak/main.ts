import { parseArgs } from 'node:util';

const usage = `usage: npm run soak -- crash [--deploys 200] [--seed 1]
       npm run soak -- model [--runs 20] [--commands 15] [--seed 1] [--path P --replay R] [--shrink]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    deploys: { type: 'string', default: '200' },
    runs: { type: 'string', default: '20' },
    commands: { type: 'string', default: '15' },
    path: { type: 'string' },
    replay: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);

// What must be done at the end, whatever happens; the newest first.
const ends: (() => Promise<void>)[] = [];
const keeping = { after: (done: () => Promise<void>): void => void ends.unshift(done) };
const say = (line: string): void => console.log(line);

async function crash(): Promise<number> {
  const { crashSoak } = await import('./crash.ts');
  const report = await crashSoak(keeping, { deploys: Number(values.deploys), seed, say });
  say(JSON.stringify(report));
  return report.violations.length === 0 ? 0 : 1;
}

async function model(): Promise<number> {
  const { runModel } = await import('../e2e/model/run.ts');
  const { path, replay, shrink } = values;
  const again = { ...(path ? { path } : {}), ...(replay ? { replayPath: replay } : {}) };
  const [runs, commands] = [Number(values.runs), Number(values.commands)];
  const began = performance.now();
  await runModel(keeping, { runs, commands, seed, shrink, say, ...again });
  say(JSON.stringify({ runs, commands, seed, seconds: Math.round((performance.now() - began) / 1000) }));
  return 0;
}

const soaks = new Map([
  ['crash', crash],
  ['model', model],
]);
const soak = soaks.get(positionals[0] ?? '');
try {
  if (soak) process.exitCode = await soak();
  else console.error(usage);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const end of ends) await end();
}
if (!soak) process.exitCode = 2;

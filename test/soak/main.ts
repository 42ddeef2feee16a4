import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectApi } from '../../packages/gonogo/src/api/client.ts';
import { removeTree } from '../../packages/gonogo/src/runtimes/process/view.ts';
import { stateFolder } from '../../packages/gonogo/src/system/state.ts';
import { writeSiteIn } from '../e2e/support/site.ts';
import { seeded } from '../simulation/random.ts';
import { crashAgain } from './crash.ts';

// npm run soak -- crash --deploys 200 --seed 1
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { deploys: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
if (positionals[0] !== 'crash') {
  console.error('usage: npm run soak -- crash [--deploys 200] [--seed 1]');
  process.exit(2);
}

const folder = await mkdtemp('/tmp/gs-');
const stateRoot = join(folder, 's');
await writeSiteIn(folder);
try {
  const report = await crashAgain({
    project: folder,
    stateRoot,
    deploys: Number(values.deploys),
    random: seeded(Number(values.seed)).next,
    say: (line) => console.log(line),
  });
  const { deploys, endings, slowestRestart, traffic } = report;
  const { requests, failed } = traffic;
  console.log(
    JSON.stringify({ deploys, requests, failed, endings, slowest_restart_ms: Math.round(slowestRestart) }),
  );
  process.exitCode = failed === 0 && !endings.stuck ? 0 : 1;
} finally {
  await connectApi(stateFolder(stateRoot).agentSocket).stop({ all: true });
  await removeTree(folder);
}

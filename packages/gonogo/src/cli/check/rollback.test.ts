import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Executed, exec } from '../../system/exec.ts';

const main = join(import.meta.dirname, '..', 'main.ts');

/** Answers 200, until a file named in BREAKS is there. */
const server = `import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
createServer((_request, response) => {
  response.writeHead(process.env.BREAKS && existsSync(process.env.BREAKS) ? 500 : 200);
  response.end();
}).listen(Number(process.env.PORT), process.env.HOST);
`;

const yaml = `service: tiny
artifact: { bundle: { from: ., include: [server.mjs] } }
run: { command: [${process.execPath}, server.mjs] }
checks: [{ name: front, get: / }]
environments: { prod: { env: [prod.env], watch: { for: 1s } } }
`;

async function project(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-undo-'));
  const state = join(folder, 's');
  await mkdir(state, { mode: 0o700 });
  const env = { PATH: process.env.PATH ?? '', HOME: folder, GONOGO_STATE: state };
  const gonogo = (...args: string[]): Promise<Executed> =>
    exec([process.execPath, main, ...args], { cwd: folder, env });
  t.after(async () => {
    await gonogo('agent', 'stop', '--all');
    await rm(folder, { recursive: true });
  });
  const write = (name: string, content: string) => writeFile(join(folder, name), content);
  await write('gonogo.yaml', yaml);
  await write('server.mjs', server);
  return { folder, gonogo, write };
}

test('--rollback takes an environment back to the last proven release through the agent', async (t) => {
  const { folder, gonogo, write } = await project(t);
  const broken = join(folder, 'broken');
  await write('prod.env', 'VERSION=1\n');
  const first = await gonogo('deploy', 'prod');
  assert.equal(first.code, 0, first.stdout + first.stderr);
  await write('prod.env', `VERSION=2\nBREAKS=${broken}\n`);
  const second = await gonogo('deploy', 'prod');
  assert.equal(second.code, 0, second.stdout + second.stderr);
  assert.equal((await gonogo('check', 'prod')).code, 0, 'the agent says which port the front has');
  await writeFile(broken, '');
  const bad = await gonogo('check', 'prod', '--rollback');
  assert.match(bad.stdout, /NO-GO/);
  assert.match(bad.stderr, /prod was rolled back to tiny@/);
  assert.equal(bad.code, 1);
  const after = await gonogo('check', 'prod');
  assert.equal(after.code, 0, after.stdout);
});

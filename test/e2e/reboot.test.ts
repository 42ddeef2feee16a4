import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, glob, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { renderUnit } from '../../packages/gonogo/src/cli/agent/unit.ts';
import { entryPath } from '../../packages/gonogo/src/system/entries.ts';
import { endAll } from './support/processes.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, writeSite } from './support/site.ts';

/** Nothing lives any more, and what was written down was written in another boot (random(4), boot_id). */
async function reboot({ root, state }: Sandbox): Promise<void> {
  await endAll(root);
  let records = 0;
  for await (const name of glob('**/*.json', { cwd: state.instances })) {
    const path = join(state.instances, name);
    const record = JSON.parse(await readFile(path, 'utf8')) as { process?: { boot: string } };
    if (!record.process) continue;
    record.process.boot = '00000000-0000-4000-8000-000000000000';
    await writeFile(path, JSON.stringify(record));
    records++;
  }
  assert.ok(records > 0, 'there are records to change');
}

/** As systemd does it: the unit's command, nothing of our environment but what the unit says. */
function startUnit({ state }: Sandbox): void {
  const argv = [process.execPath, entryPath('cli'), 'agent', 'run'];
  const unit = renderUnit({ argv, env: { GONOGO_STATE: state.root } });
  const [command = '', ...args] = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  const [name = '', value = ''] = /^Environment=(.*)$/m.exec(unit)?.[1]?.split('=') ?? [];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', [name]: value };
  spawn(command, args, { cwd: '/', env, detached: true, stdio: 'ignore' }).unref();
}

test('after a reboot everything that served serves again, however often it had ended before', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox, { run: '\n  replicas: 2' });
  const deployed = (await sandbox.run(['deploy', 'production', '--format', 'json'])).json<RolloutDetail>();
  const { front } = deployed;
  assert.ok(front && deployed.verdict === 'GO');
  const status = async (): Promise<EnvironmentStatus | undefined> =>
    (await sandbox.run(['status', 'production', '--format', 'json'])).json<EnvironmentStatus[]>()[0];
  const before = await status();
  await crashInALoop(sandbox, await status());
  await reboot(sandbox);
  assert.equal(await askFront(front), undefined);

  const began = performance.now();
  startUnit(sandbox);
  while ((await askFront(front))?.status !== 200) {
    assert.ok(performance.now() - began < 60_000, 'it serves again within a minute');
    await sleep(50);
  }
  const after = await ready(status);
  assert.deepEqual(
    after.slots.map(({ revision }) => revision),
    before?.slots.map(({ revision }) => revision),
  );
  assert.deepEqual((await askFront(front))?.text, 'one');
  assert.match(await readFile(sandbox.state.agentLog, 'utf8'), /went down with the machine/);
  await sandbox.stop();
});

test('what could not be looked after when the agent started is looked after as soon as it can be', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox);
  const { front } = (await sandbox.run(['deploy', 'production', '--format', 'json'])).json<RolloutDetail>();
  assert.ok(front);
  const [now] = (await sandbox.run(['status', 'production', '--format', 'json'])).json<EnvironmentStatus[]>();
  await sandbox.run(['agent', 'stop']);
  for (const { pid } of now?.slots[0]?.instances ?? []) if (pid) process.kill(-pid, 'SIGKILL');
  const { vault } = sandbox.state;
  const away = join(sandbox.root, 'away');
  await rename(vault, away);
  await mkdir(vault, { mode: 0o700 });
  await copyFile(join(away, 'key'), join(vault, 'key'));

  startUnit(sandbox);
  const until = performance.now() + 60_000;
  const log = () => readFile(sandbox.state.agentLog, 'utf8');
  while (!/instances are not looked after/.test(await log())) {
    assert.ok(performance.now() < until, await log());
    await sleep(50);
  }
  for (const name of await readdir(away)) await copyFile(join(away, name), join(vault, name));
  while ((await askFront(front))?.status !== 200) {
    assert.ok(performance.now() < until, await log());
    await sleep(50);
  }
  assert.match(await log(), /instances are looked after again/);
  await sandbox.stop();
});

/** Kills one instance and its heir, so that the next one would have to wait. */
async function crashInALoop(sandbox: Sandbox, first: EnvironmentStatus | undefined): Promise<void> {
  let pid = first?.slots[0]?.instances[0]?.pid;
  for (let kills = 0; kills < 2; kills++) {
    assert.ok(pid);
    const killed = pid;
    process.kill(-killed, 'SIGKILL');
    const deadline = performance.now() + 30_000;
    do {
      assert.ok(performance.now() < deadline, 'its end is seen');
      const [now] = (await sandbox.run(['status', 'production', '--format', 'json'])).json<
        EnvironmentStatus[]
      >();
      const instances = now?.slots[0]?.instances ?? [];
      if (instances.some(({ ending }) => ending?.times === 2)) return;
      const others = first?.slots[0]?.instances.map((one) => one.pid) ?? [];
      pid = instances.find((one) => one.pid !== undefined && !others.includes(one.pid))?.pid;
    } while (pid === undefined || pid === killed);
  }
}

async function ready(status: () => Promise<EnvironmentStatus | undefined>): Promise<EnvironmentStatus> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const now = await status();
    const instances = now?.slots[0]?.instances ?? [];
    if (now && instances.length === 2 && instances.every(({ condition }) => condition === 'ready'))
      return now;
    assert.ok(performance.now() < deadline, JSON.stringify(now));
  }
}

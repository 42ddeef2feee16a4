import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { kernelLog } from './kernel-log.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-kernel-log-'));
after(() => rm(root, { recursive: true, force: true }));

const container = (digit: string): string => digit.repeat(64);

/** What Linux writes, of which the groups are what differs between the versions of cgroups. */
const record = (from: string, oom: string, task: string): string =>
  `${from},501,259107946,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${container('9')},mems_allowed=0,${oom},task_memcg=${task},task=node,pid=7297,uid=0\n`;
const [first, second] = [`/docker/${container('a')}`, `/system.slice/docker-${container('b')}.scope/worker`];

async function logOf(t: { after: (task: () => void) => void }, text: string) {
  const path = join(root, `${performance.now()}`);
  await writeFile(path, text);
  const log = kernelLog(path);
  t.after(log.close);
  return { path, log };
}

test('a container is found by its group, in both versions of cgroups, and in what is written later', async (t) => {
  const before = `6,500,259107900,-;node invoked oom-killer: gfp_mask=0xcc0\n oom_kill_process.cold+0x8/0x8a\n`;
  const { path, log } = await logOf(t, before + record('6', `oom_memcg=${first}`, first));
  assert.equal(log.containerKilled(container('a')), 'limit');
  assert.equal(log.containerKilled(container('b')), undefined);
  await appendFile(path, record('6', `oom_memcg=${second}`, second));
  assert.equal(log.containerKilled(container('b')), 'limit');
  assert.equal(log.containerKilled(container('a')), 'limit');
});

test('what was killed because the host had no memory left did not use more than it may', async (t) => {
  const { log } = await logOf(t, record('6', 'global_oom', first));
  assert.equal(log.containerKilled(container('a')), 'host');
});

test('a process is found by its number, unless somebody else had it before', async (t) => {
  const { log } = await logOf(t, record('6', 'oom_memcg=/limited', '/limited'));
  const killed = { boot: 'this', pid: 7297, startTime: '25910' };
  assert.equal(log.processKilled(killed), 'limit');
  assert.equal(log.processKilled({ ...killed, pid: 7298 }), undefined);
  assert.equal(log.processKilled({ ...killed, startTime: '25911' }), undefined);
});

test('what a program wrote into the log is not believed', async (t) => {
  const { log } = await logOf(t, record('12', `oom_memcg=${first}`, first));
  assert.equal(log.containerKilled(container('a')), undefined);
});

test('a log that cannot be read says nothing', () => {
  const log = kernelLog(join(root, 'none'));
  assert.equal(log.containerKilled(container('a')), undefined);
  log.close();
});

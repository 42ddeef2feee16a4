import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freeAddress } from '../suites/addresses.ts';
import { eventually } from '../suites/eventually.ts';
import { get } from '../suites/router-tools.ts';
import { makeSandbox } from './support/sandbox.ts';
import { writeSite } from './support/site.ts';

test('a front does what gonogo.yaml says, shows the next release before users see it, and comes back with the agent', async (t) => {
  const [sandbox, listen, next] = [await makeSandbox(t), await freeAddress(), await freeAddress()];
  const production = `listen: ${listen.host}:${listen.port}
keep: 10m
env: [.env]
preview: { port: ${next.port}, secret: PREVIEW_KEY }
proxy: { hosts: [site.example], workers: 2, limits: { uri_size: 100B } }`;
  const yaml = 'contract: { env: { PREVIEW_KEY: { secret: true } } }';
  await writeFile(join(sandbox.folder, '.env'), 'PREVIEW_KEY=hunter2\n');
  await writeSite(sandbox, { production, yaml });
  const first = await sandbox.run(['deploy', 'production']);
  assert.equal(first.code, 0, first.said());
  const ask = (headers: Record<string, string> = {}, path = '/') =>
    get(listen, path, { host: 'site.example', ...headers });
  assert.equal((await ask()).text, 'one');
  assert.equal((await get(listen)).status, 503, 'another host is nobody’s');
  assert.equal((await ask({}, `/${'x'.repeat(200)}`)).status, 414);

  await writeSite(sandbox, { production, yaml, says: 'two' });
  const second = await sandbox.run(['deploy', 'production']);
  assert.equal(second.code, 0, second.said());
  assert.equal((await ask()).text, 'two');
  assert.equal((await ask({ 'gonogo-preview': 'hunter2' })).text, 'one');
  assert.equal((await get({ ...next, host: listen.host })).text, 'one');
  assert.equal((await ask({ 'gonogo-preview': 'PREVIEW_KEY' })).text, 'two');

  await sandbox.run(['agent', 'stop']);
  assert.equal((await ask()).text, 'two', 'users need no agent');
  const status = await sandbox.run(['status']);
  assert.equal(status.code, 0, status.said());
  await eventually(
    'the preview is there',
    async () => (await ask({ 'gonogo-preview': 'hunter2' }).catch(() => ({ text: '' }))).text === 'one',
  );
  await sandbox.stop();
});

test('rules that never went live are those of no rollback, and of no agent that comes later', async (t) => {
  const [sandbox, listen] = [await makeSandbox(t), await freeAddress()];
  const write = (says: string, hosts: string, tls = '') =>
    writeSite(sandbox, {
      says,
      production: `listen: ${listen.host}:${listen.port}\nkeep: 10m\nproxy: { hosts: [${hosts}]${tls} }`,
    });
  const deploy = () => sandbox.run(['deploy', 'production']);
  await write('one', 'a.example');
  const first = await deploy();
  assert.equal(first.code, 0, first.said());
  await write('two', 'a.example');
  const second = await deploy();
  assert.equal(second.code, 0, second.said());
  await write('three', 'b.example', ', tls: { certificate: /none.pem, key: /none.key }');
  const third = await deploy();
  assert.equal(third.code, 1, third.said());

  const killed = await sandbox.run(['agent', 'stop', '--all']);
  assert.equal(killed.code, 0, killed.said());
  const status = await sandbox.run(['status']);
  assert.equal(status.code, 0, status.said());
  const says = (host: string) =>
    get(listen, '/', { host }).then(
      ({ text }) => text,
      () => undefined,
    );
  await eventually('what was live serves again', async () => (await says('a.example')) === 'two');
  const back = await sandbox.run(['rollback', 'production']);
  assert.equal(back.code, 0, back.said());
  assert.equal(await says('a.example'), 'one');
  await sandbox.stop();
});

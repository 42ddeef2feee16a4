import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { gonogo, scene, start } from './fixture.ts';

const misuses: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
  { args: [], says: /^name a command\n/ },
  { args: ['deplyo'], says: /^unknown command 'deplyo' \(Did you mean deploy\?\)\n/ },
  { args: ['deploy'], says: /^missing required argument 'environment'\n/ },
  {
    args: ['deploy', 'good', '--detatch'],
    says: /^unknown option '--detatch' \(Did you mean --detach\?\)\n/,
  },
  { args: ['deploy', 'good', 'bad'], says: /^too many arguments/ },
  {
    args: ['deploy', 'good', '--plan', '--plan-id', 'plan-1'],
    says: /^option '--plan' cannot be used with option '--plan-id <id>'\n/,
  },
  {
    args: ['deploy', 'prod'],
    says: /^there is no environment "prod" in gonogo.yaml; it has good, bad, slow/,
  },
  { args: ['deploy', 'constructor'], says: /^there is no environment "constructor"/ },
  { args: ['--config', 'none.yaml', 'deploy', 'good'], says: /^there is no gonogo.yaml at .*none\.yaml\n/ },
  { args: ['deploy', 'good', '--config', 'none.yaml'], says: /^there is no gonogo.yaml at .*none\.yaml\n/ },
  { args: ['history', 'good', '--limit', '0'], says: /'--limit <number>' argument '0' is invalid/ },
  { args: ['logs', 'good', '--slot', 'red'], says: /Allowed choices are blue, green/ },
  { args: ['status', '--format', 'xml'], says: /Allowed choices are pretty, json/ },
  { args: ['show', 'r-none'], says: /^there is no rollout "r-none"\n/ },
  { args: ['rollback', 'good'], says: /^there is no earlier proven release of good/ },
  { args: ['abort', 'good'], says: /^no rollout is running in good\n/ },
  { args: ['agent'], says: /^name a command\n/ },
  { args: ['agent', 'stopp'], says: /^unknown command 'stopp'/ },
];

test('every mistake on the command line is one clear sentence with a hint, and exit 2', async (t) => {
  const where = await scene(t);
  for (const { args, says } of misuses) {
    const { code, stdout, stderr } = await gonogo(where, ...args);
    assert.match(stderr, says);
    assert.match(stderr, /\n {2}\S/, 'it has a hint');
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
  }
});

test('a malformed configuration is told with file, line and path, and exit 2', async (t) => {
  const where = await scene(t);
  await writeFile(join(where.folder, 'gonogo.yaml'), 'service: shop\nenvironmens: {}\n');
  const { code, stderr } = await gonogo(where, 'deploy', 'good');
  assert.equal(code, 2);
  assert.match(stderr, /gonogo\.yaml:2:/);
});

test('an unexpected error is gonogo’s own failure: exit 3, and its stack only on request', async (t) => {
  const where = await scene(t);
  const { code, stderr } = await gonogo(
    { ...where, state: join(where.folder, 'server.js') },
    'history',
    'good',
  );
  assert.equal(code, 3);
  assert.doesNotMatch(stderr, / at .*:\d+/);
});

test('--version and --help answer on standard output with exit 0', async (t) => {
  const where = await scene(t);
  const version = await gonogo(where, '--version');
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(version.code, 0);
  for (const args of [['--help'], ['help'], ['deploy', '--help'], ['help', 'deploy']]) {
    const { code, stdout, stderr } = await gonogo(where, ...args);
    assert.match(stdout, /^Usage: gonogo/);
    assert.deepEqual([code, stderr], [0, '']);
  }
});

test('a deploy tells its steps in plain lines, and its last line is the verdict', async (t) => {
  const where = await scene(t);
  const { code, stdout, stderr } = await gonogo(where, 'deploy', 'good');
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(
    lines.at(-1) ?? '',
    /^GO {2}shop@[0-9a-f]{7} → good {3}live on http:\/\/127\.0\.0\.1:8080, \d+ m?s$/,
  );
  assert.ok(lines.some((line) => /^ {2}✓ preflight {3}\d+ ms$/.test(line)));
  assert.equal(stripVTControlCharacters(stdout), stdout);
});

test('release keeps what it built; releases lists it, verify tells what was changed, packages prints the list', async (t) => {
  const where = await scene(t);
  const none = await gonogo(where, 'releases');
  assert.match(none.stdout, /^no release yet; build one with: gonogo release$/m);
  const built = await gonogo(where, 'release');
  assert.equal(built.code, 0, built.stderr);
  assert.match(built.stdout, /^packed shop@\w{7}: 1 file, 15 B$/m);
  assert.match(built.stdout, /^ {2}built +\S.* by \S+@\S+$/m);
  const name = /shop@\w{7}/.exec(built.stdout)?.[0] ?? '';
  const listed = await gonogo(where, 'releases');
  assert.match(listed.stdout, new RegExp(`^${name} .*15 B +live in good +proven in good$`, 'm'));
  const verified = await gonogo(where, 'releases', 'verify');
  assert.deepEqual([verified.code, verified.stdout.split('   ')[0]], [1, `✗ ${name}`]);
  assert.equal((await gonogo(where, 'releases', 'packages', name)).stdout, '{}\n');
  const again = await gonogo(where, 'deploy', 'good', '--release', name);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, new RegExp(`^taking ${name} as it is$`, 'm'));
  const unknown = await gonogo(where, 'deploy', 'good', '--release', 'shop@0000000');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no release shop@0000000 of this project/);
  const nowhere = await gonogo(where, 'promote', 'nowhere', 'good');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /there is no environment "nowhere"/);
});

test('a NO-GO ends with what failed, where it works and what to do, and exit 1', async (t) => {
  const where = await scene(t);
  const { code, stdout } = await gonogo(where, 'deploy', 'bad');
  assert.equal(code, 1);
  const [verdict, finding, advice] = stdout.trimEnd().split('\n').slice(-3);
  assert.match(verdict ?? '', /^NO-GO {2}shop@[0-9a-f]{7} → bad {3}users stayed on shop@41bd07e$/);
  assert.equal(finding, '  ✗ reach tcp://db:5432   from green: no answer in 3 s');
  assert.equal(
    advice,
    '    staging reaches it in 2 ms (checked 14 minutes ago). The name resolves; nothing answers: most likely a firewall rule.',
  );
});

test('with --format json every line is JSON, and the last one is the rollout without its events', async (t) => {
  const where = await scene(t);
  const { code, stdout } = await gonogo(where, 'deploy', 'bad', '--format', 'json');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(code, 1);
  assert.ok(lines.slice(0, -1).every((line) => 'event' in line || 'check' in line));
  assert.equal(lines.at(-1).verdict, 'NO-GO');
  assert.equal('events' in lines.at(-1), false);
});

test('--detach prints the rollout and does not wait; show --follow tells it to its verdict', async (t) => {
  const where = await scene(t);
  const { code, stdout } = await gonogo(where, 'deploy', 'bad', '--detach');
  assert.equal(code, 0);
  const id = /started (\S+); follow it with: gonogo show \1 --follow/.exec(stdout)?.[1];
  assert.ok(id, stdout);
  const shown = await gonogo(where, 'show', id, '--follow');
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /\nNO-GO /);
  assert.match((await gonogo(where, 'history', 'bad')).stdout, /^NO-GO {3}shop@/);
  assert.match((await gonogo(where, 'show', id)).stdout, /^NO-GO {2}shop@/);
});

test('Ctrl-C in a deploy asks the agent to put it back and waits for that; exit 1', async (t) => {
  const where = await scene(t);
  const { child, done, says } = start(where, 'deploy', 'slow');
  await says(/✓ preflight/);
  child.kill('SIGINT');
  const { code, stdout } = await done;
  assert.equal(code, 1);
  assert.match(stdout, /interrupted: the agent is asked to put it back/);
  assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /^NO-GO .* users stayed on shop@41bd07e$/);
});

test('a second Ctrl-C leaves the rollout to the agent and says how to follow it; exit 4', async (t) => {
  const where = await scene(t);
  const { child, done, says } = start(where, 'deploy', 'slower-to-abort');
  await says(/✓ preflight/);
  child.kill('SIGINT');
  await says(/interrupted/);
  child.kill('SIGINT');
  const { code, stdout } = await done;
  assert.equal(code, 4);
  assert.match(stdout, /the rollout goes on in the agent; follow it with: gonogo show r-1 --follow\n$/);
});

test('a reader that goes is a quiet end of logs', async (t) => {
  const where = await scene(t);
  const { child, done, says } = start(where, 'logs', 'good', '--follow');
  await says(/line 1 /);
  child.stdout?.destroy();
  const { code, stderr } = await done;
  assert.deepEqual([code, stderr], [0, '']);
});

test('a deploy whose reader goes is followed to its end all the same', async (t) => {
  const where = await scene(t);
  const { child, done } = start(where, 'deploy', 'bad');
  child.stdout?.destroy();
  const { code, stderr } = await done;
  assert.deepEqual([code, stderr], [1, '']);
});

test('status shows what the agent knows, also where there is no gonogo.yaml', async (t) => {
  const where = await scene(t);
  assert.match((await gonogo(where, 'status')).stdout, /^nothing is deployed yet/);
  await gonogo(where, 'deploy', 'good');
  await rm(join(where.folder, 'gonogo.yaml'));
  assert.match(
    (await gonogo(where, 'status')).stdout,
    /^shop good {3}http:\/\/127\.0\.0\.1:8080 {3}traffic to blue\n/,
  );
});

test('agent status tells what runs, and starts nothing where nothing runs', async (t) => {
  const where = await scene(t);
  const { stdout } = await gonogo(where, 'agent', 'status', '--format', 'json');
  const told = JSON.parse(stdout);
  assert.equal(told.agent.pid, process.pid);
  assert.deepEqual([told.proxies[0].listen, told.instances], [['127.0.0.1:8080'], 2]);
  const other = join(where.folder, 'other');
  for (const args of [
    ['agent', 'status', '--state', other],
    ['--state', other, 'agent', 'stop'],
  ]) {
    const { code, stderr } = await gonogo(where, ...args);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^no agent is running for the state folder ${other}\n`));
  }
});

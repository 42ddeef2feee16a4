import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { endAll } from '../../../../../test/e2e/support/processes.ts';
import { isOnPath, lacking } from '../../../../../test/require.ts';
import { temporaryFolder } from '../../api/fixture/wire.ts';
import { isInstalled } from '../../system/installation.ts';
import { defaultStateRoot } from '../../system/state.ts';
import { gonogo } from '../fixture.ts';
import { findRunning } from './find.ts';
import { install, refuseUnlessRootsOwn, uninstall } from './install.ts';
import { renderUnit } from './unit.ts';

/** As far as this is about: starts what a unit says, and ends it. Notes what it was told. */
const systemctl = (folder: string): string => `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const folder = ${JSON.stringify(folder)};
const [verb] = process.argv.slice(2);
appendFileSync(folder + '/told', process.argv.slice(2).join(' ') + '\\n');
if (verb === 'restart') {
  const unit = readFileSync(folder + '/gonogo.service', 'utf8');
  const [command, ...args] = /^ExecStart=(.*)$/m.exec(unit)[1].split(' ');
  const variables = [...unit.matchAll(/^Environment=(.*?)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const env = { PATH: '/usr/bin:/bin', ...Object.fromEntries(variables) };
  const child = spawn(command, args, { cwd: '/', env, stdio: 'ignore', detached: true });
  writeFileSync(folder + '/pid', String(child.pid));
  child.unref();
}
if (verb === 'disable') process.kill(Number(readFileSync(folder + '/pid', 'utf8')), 'SIGTERM');
`;

const told = async (folder: string): Promise<string[]> =>
  (await readFile(join(folder, 'told'), 'utf8')).trim().split('\n');

test('the unit starts the agent alone, for the state folder that is always the same', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stdout } = await gonogo(
    { folder, state: join(folder, 'state') },
    'agent',
    'install',
    '--print',
  );
  assert.equal(code, 0);
  assert.match(stdout, /^ExecStart=\S+ \S+ agent run$/m);
  assert.match(stdout, /^Environment=GONOGO_STATE=\/var\/lib\/gonogo$/m);
  assert.match(stdout, /^KillMode=process$/m);
  assert.match(stdout, /^Restart=always$/m);
  assert.ok(!existsSync(join(folder, 'state')));
});

test('systemd takes the unit', {
  skip: isOnPath('systemd-analyze') ? false : lacking('systemd-analyze'),
}, async (t) => {
  const unit = join(await temporaryFolder(t), 'gonogo.service');
  await writeFile(
    unit,
    renderUnit({ argv: [process.execPath, '/a b/$x', '100%'], env: { A: '/a b/$x', B: '100%' } }),
  );
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, '']);
  assert.doesNotMatch(stderr, /gonogo\.service/);
});

test('words that systemd would read otherwise are quoted', () => {
  const env = { PLAIN: '/s', MONEY: '$5 %', LINES: 'a\nUser=b' };
  const unit = renderUnit({ argv: ['/a b/node', '50%', '$HOME', 'say "no"'], env });
  assert.match(unit, /^ExecStart="\/a b\/node" 50%% \$\$HOME "say \\"no\\""$/m);
  // A variable in a value is none: systemd.exec(5) takes the $ as it is.
  const variables = ['PLAIN=/s', '"MONEY=$5 %%"', '"LINES=a\\nUser=b"'];
  assert.ok(unit.includes(`\n${variables.map((one) => `Environment=${one}`).join('\n')}\n`), unit);
});

test('without systemd nothing is installed, and it says why', {
  skip: existsSync('/run/systemd/system') && 'this machine was started by systemd',
}, async (t) => {
  const folder = await temporaryFolder(t);
  for (const verb of ['install', 'uninstall']) {
    const where = { folder, state: join(folder, 'state') };
    const { code, stderr } = await gonogo(where, 'agent', verb);
    assert.equal(code, 2);
    assert.match(stderr, /^the agent cannot be (un)?installed: this machine was not started by systemd\n/);
  }
  assert.ok(!isInstalled());
});

test('a program that others than root can replace is not installed', async (t) => {
  const folder = await temporaryFolder(t);
  const program = join(folder, 'node_modules', 'cli.js');
  await mkdir(join(folder, 'node_modules'));
  await writeFile(program, '');
  await chmod(folder, 0o777);
  assert.throws(() => refuseUnlessRootsOwn([program]), {
    code: 'INSTALL_UNSAFE',
    message: `the agent cannot be installed: root would run ${program}, and ${folder} can be written by others`,
    hint: /npm install --global gonogo/,
  });
});

test('install has the agent started, a second time anew, and uninstall takes back what it did', async (t) => {
  const folder = await temporaryFolder(t);
  const host = {
    root: join(folder, 's'),
    unit: join(folder, 'gonogo.service'),
    systemctl: join(folder, 'systemctl'),
  };
  await writeFile(host.systemctl, systemctl(folder), { mode: 0o755 });
  t.after(() => endAll(folder)); // Its keeper, which outlives it.
  assert.match((await install(host)).join('\n'), /^the agent is installed: .*gonogo\.service\n/);
  assert.deepEqual(await told(folder), ['daemon-reload', 'enable gonogo.service', 'restart gonogo.service']);
  assert.ok(isInstalled(host));
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  assert.equal((await findRunning(host.root))?.hello.pid, pid, 'the unit’s own process is the agent');
  await rm(join(folder, 'told'));
  assert.match((await uninstall(host)).join('\n'), /^the agent is not installed any more/);
  assert.deepEqual(await told(folder), ['disable --now gonogo.service', 'daemon-reload']);
  assert.ok(!isInstalled(host));
  assert.match((await uninstall(host)).join('\n'), /nothing was changed/);
});

test('the engine that DOCKER_HOST names at the installation is the agent’s, and install says so', async (t) => {
  const folder = await temporaryFolder(t);
  const host = {
    root: join(folder, 's'),
    unit: join(folder, 'gonogo.service'),
    systemctl: join(folder, 'systemctl'),
  };
  await writeFile(host.systemctl, systemctl(folder), { mode: 0o755 });
  t.after(() => endAll(folder));
  const dockerHost = `unix://${folder}/docker.sock`;
  const said = await install({ ...host, dockerHost });
  assert.ok(said.includes(`  it reaches Docker at ${dockerHost}, which DOCKER_HOST is now`), said.join('\n'));
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  assert.ok(environment.includes(`DOCKER_HOST=${dockerHost}`), environment.join('\n'));
  await uninstall(host);
});

test('an engine that the agent could not use is refused before anything is written', async (t) => {
  const folder = await temporaryFolder(t);
  const host = { root: join(folder, 's'), unit: join(folder, 'gonogo.service'), systemctl: '/nowhere' };
  await assert.rejects(install({ ...host, dockerHost: 'tcp://10.0.0.1:2375' }), {
    code: 'DOCKER_HOST_UNSUPPORTED',
  });
  assert.ok(!existsSync(host.root) && !isInstalled(host));
});

test('what systemd refuses is told as it says it', async (t) => {
  const folder = await temporaryFolder(t);
  const refusing = join(folder, 'systemctl');
  await writeFile(refusing, `#!${process.execPath}\nconsole.error('Access denied'); process.exit(4);`, {
    mode: 0o755,
  });
  const host = { root: join(folder, 's'), unit: join(folder, 'gonogo.service'), systemctl: refusing };
  await assert.rejects(install(host), /systemctl daemon-reload failed: Access denied/);
});

test('an installed agent wins, unless GONOGO_STATE names another one', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(defaultStateRoot({ XDG_STATE_HOME: folder }, true), '/var/lib/gonogo');
  assert.equal(defaultStateRoot({ XDG_STATE_HOME: folder }, false), join(folder, 'gonogo'));
  assert.equal(defaultStateRoot({ GONOGO_STATE: folder }, true), folder);
});

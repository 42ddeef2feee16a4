import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { problem } from '../../errors.ts';
import { engineSocket } from '../../system/docker-host.ts';
import { entryPath } from '../../system/entries.ts';
import { exec } from '../../system/exec.ts';
import { makePrivateFolder, writeFileAtomic } from '../../system/files.ts';
import { type Installation, installation, isInstalled } from '../../system/installation.ts';
import { notRootsOwn } from '../../system/roots-own.ts';
import { print } from '../output.ts';
import { findRunning } from './find.ts';
import { renderUnit } from './unit.ts';

/** What is installed where, by which systemctl(1). */
export type Host = Installation & {
  readonly systemctl: string;
  /** DOCKER_HOST, where it is set: a unit has nothing of the shell that installs it. */
  readonly dockerHost?: string | undefined;
};

const thisHost: Host = {
  ...installation,
  systemctl: 'systemctl',
  dockerHost: process.env.DOCKER_HOST,
};

/** How long systemd may take to have the agent answering, in milliseconds. */
const patience = 30_000;

/**
 * `gonogo agent install [--print]`. Fails with INSTALL_REFUSED, INSTALL_UNSAFE or DOCKER_HOST_UNSUPPORTED, having changed
 * nothing, or with INSTALL_FAILED.
 */
export async function installAgent({ print: only = false }: { readonly print?: boolean }): Promise<void> {
  if (only) return print(unitOf(thisHost).trimEnd());
  refuseUnlessPossible('installed');
  refuseUnlessRootsOwn(programs());
  print(...(await install(thisHost)));
}

/** `gonogo agent uninstall`. Fails with INSTALL_REFUSED, having changed nothing, or with INSTALL_FAILED. */
export async function uninstallAgent(): Promise<void> {
  refuseUnlessPossible('uninstalled');
  print(...(await uninstall(thisHost)));
}

/** Node.js and the command itself, as they run now: Node.js has followed every link to them. */
const programs = (): string[] => [process.execPath, entryPath('cli')];

/** The command that installs is the one that is started at every boot; it runs from a copy of its code. */
const unitOf = ({ root, dockerHost }: Host): string =>
  renderUnit({
    argv: [...programs(), 'agent', 'run'],
    env: {
      GONOGO_STATE: root,
      ...(dockerHost ? { DOCKER_HOST: `unix://${engineSocket(dockerHost)}` } : {}),
    },
  });

/** sd_booted(3): the folder is there where systemd is process 1. */
function refuseUnlessPossible(what: string): void {
  if (!existsSync('/run/systemd/system'))
    throw problem('INSTALL_REFUSED', { what, why: 'this machine was not started by systemd' });
  if (process.geteuid?.() !== 0) throw problem('INSTALL_REFUSED', { what, why: 'only root may do that' });
}

/** Root runs them at every boot: whoever can replace one of them, such as a project's user, would be root. */
export function refuseUnlessRootsOwn(programs: readonly string[]): void {
  for (const program of programs) {
    const path = notRootsOwn(program);
    if (path !== undefined) throw problem('INSTALL_UNSAFE', { program, path });
  }
}

/** Writes the unit and has it started; installed already, the agent is started anew. Answers what was done. */
export async function install(host: Host): Promise<string[]> {
  const { root, unit, dockerHost } = host;
  const text = unitOf(host);
  await makePrivateFolder(root);
  await writeFileAtomic(unit, text, 0o644);
  await systemctl(host, 'daemon-reload');
  await systemctl(host, 'enable', 'gonogo.service');
  await systemctl(host, 'restart', 'gonogo.service');
  await untilItAnswers(host);
  return [
    `the agent is installed: ${unit}`,
    `  it is started at every boot, and again whenever it ends; its state is in ${root}`,
    `  it runs ${entryPath('cli')}: keep that, and install again after an upgrade`,
    ...(dockerHost ? [`  it reaches Docker at ${dockerHost}, which DOCKER_HOST is now`] : []),
    '  commands of root find it by themselves; an agent of your own keeps what it has: GONOGO_STATE reaches it',
    'next: gonogo deploy ENVIRONMENT, and journalctl -u gonogo for its log',
  ];
}

/** Stops the agent and removes the unit; what it serves is served on. Answers what was done. */
export async function uninstall(host: Host): Promise<string[]> {
  const { root, unit } = host;
  if (!isInstalled(host)) return ['the agent is not installed: nothing was changed'];
  await systemctl(host, 'disable', '--now', 'gonogo.service');
  await rm(unit);
  await systemctl(host, 'daemon-reload');
  return [
    `the agent is not installed any more: ${unit} was removed`,
    `  instances and proxies run on, and nobody looks after them; everything in ${root} stays`,
    `next: GONOGO_STATE=${root} gonogo agent stop --all ends what runs`,
  ];
}

async function systemctl(host: Host, ...args: readonly string[]): Promise<void> {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env;
  const did = `systemctl ${args.join(' ')}`;
  const { code, stderr } = await exec([host.systemctl, ...args], { cwd: '/', env: { PATH } });
  if (code !== 0) throw problem('INSTALL_FAILED', { did, why: stderr.trim() || `exit code ${code}` });
}

async function untilItAnswers({ root }: Host): Promise<void> {
  const until = performance.now() + patience;
  while (!(await findRunning(root))) {
    if (performance.now() > until)
      throw problem('INSTALL_FAILED', { did: 'starting the agent', why: 'it does not answer' });
    await sleep(50);
  }
}

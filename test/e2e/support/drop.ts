import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { exec } from '../../../packages/gonogo/src/system/exec.ts';

/**
 * Puts a DROP rule for a TCP port into the network of the next container of a slot as soon as that network exists, which
 * is before the container's program begins; answers when it is in force.
 */
export async function dropInNext(docker: Docker, slot: string, port: number): Promise<void> {
  const before = new Set(await containersIn(docker, slot));
  for (;;) {
    const fresh = (await containersIn(docker, slot)).find((id) => !before.has(id));
    if (fresh && (await drop(docker, fresh, port))) return;
    await sleep(2);
  }
}

async function containersIn(docker: Docker, slot: string): Promise<string[]> {
  const filters = { label: [`gonogo.slot=${slot}`] };
  return (await docker.listContainers({ all: true, filters })).map(({ Id }) => Id);
}

/** False while the container has no network yet. */
async function drop(docker: Docker, container: string, port: number): Promise<boolean> {
  const { NetworkSettings } = await docker.getContainer(container).inspect();
  const { SandboxKey: network } = NetworkSettings as unknown as { SandboxKey: string };
  if (!network) return false;
  const rule = ['-A', 'OUTPUT', '-p', 'tcp', '--dport', String(port), '-j', 'DROP'];
  const { code } = await exec(['nsenter', `--net=${network}`, 'iptables', '--wait', ...rule], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  return code === 0;
}

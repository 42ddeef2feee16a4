import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { exec } from '../../../packages/gonogo/src/system/exec.ts';

/**
 * Puts a DROP rule for a TCP port into the network of the next container of a slot as soon as that network exists, which
 * is before the container's program begins. Answers a function that ends the watch, and says whether there was one.
 */
export async function dropInNext(
  docker: Docker,
  slot: string,
  port: number,
): Promise<() => Promise<boolean>> {
  const before = new Set(await containersIn(docker, slot));
  const over = new AbortController();
  const watch = async (): Promise<boolean> => {
    while (!over.signal.aborted) {
      const fresh = (await containersIn(docker, slot)).find((id) => !before.has(id));
      if (fresh && (await drop(docker, fresh, port))) return true;
      await sleep(2);
    }
    return false;
  };
  const watching = watch();
  return async () => {
    over.abort();
    return await watching;
  };
}

async function containersIn(docker: Docker, slot: string): Promise<string[]> {
  const filters = { label: [`gonogo.slot=${slot}`] };
  return (await docker.listContainers({ all: true, filters })).map(({ Id }) => Id);
}

/** False while the container has no network yet. */
async function drop(docker: Docker, container: string, port: number): Promise<boolean> {
  const found = await docker
    .getContainer(container)
    .inspect()
    .catch(() => undefined); // Removed meanwhile.
  if (!found) return false;
  const { SandboxKey: network } = found.NetworkSettings as unknown as { SandboxKey: string };
  if (!network) return false;
  const rule = ['-A', 'OUTPUT', '-p', 'tcp', '--dport', String(port), '-j', 'DROP'];
  const { code } = await exec(['nsenter', `--net=${network}`, 'iptables', '--wait', ...rule], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  return code === 0;
}

import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { freeAddress } from '../../test/suites/addresses.ts';
import { type Program, printedBy, startProgram } from '../../test/suites/program.ts';
import type { Found } from './peers.ts';

const path = 'github.com/basecamp/kamal-proxy/cmd/kamal-proxy';

/** Built by `go` into the folder of its bench, and told of the application once it runs. */
export const kamalProxy = { found, start };

/** What `go` writes stays below the folder, and can be removed with it. */
async function found(folder: string): Promise<Found> {
  if (!(await printedBy(['go', 'version'])))
    return { missing: 'not installed, and there is no go to install it' };
  const own = {
    GOBIN: folder,
    GOPATH: join(folder, 'go'),
    GOCACHE: join(folder, 'cache'),
    GOFLAGS: '-modcacherw',
  };
  const env = { ...process.env, ...own };
  const { code, stderr } = await exec(['go', 'install', `${path}@latest`], { cwd: folder, env });
  if (code !== 0) return { missing: `go could not install it: ${stderr.trim().split('\n').at(-1)?.trim()}` };
  const [, version = 'of an unknown version'] =
    /\smod\s+\S+\s+(\S+)/.exec((await printedBy(['go', 'version', '-m', program(folder)])) ?? '') ?? [];
  return { version: `kamal-proxy ${version}` };
}

async function start(folder: string, upstream: number): Promise<Program> {
  const { port: secure } = await freeAddress();
  const socket = join(folder, 'kamal-proxy.sock');
  const running = await startProgram(folder, async (port) => [
    ...['taskset', '-c', '0', 'env', `KAMAL_PROXY_SOCKET=${socket}`, 'GOMAXPROCS=1'],
    ...[program(folder), 'run', '--http-port', String(port), '--https-port', String(secure)],
  ]);
  await accepts(socket);
  const told = ['deploy', 'shop', '--target', `127.0.0.1:${upstream}`, '--health-check-path', '/'];
  const env = { HOME: folder, KAMAL_PROXY_SOCKET: socket };
  const { code, stderr } = await exec([program(folder), ...told], { cwd: folder, env });
  if (code === 0) return running;
  await running.close();
  throw new Error(`kamal-proxy does not serve:\n${stderr}`);
}

const program = (folder: string): string => join(folder, 'kamal-proxy');

async function accepts(path: string): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    const socket = net.connect(path);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    } finally {
      socket.destroy();
    }
  }
}

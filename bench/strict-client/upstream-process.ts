import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { startUpstream, type Upstream } from './upstream.ts';

/** `startUpstream` in a process of its own, so that the client's work does not slow the application. */
export async function spawnUpstream(version: string): Promise<Upstream & { readonly process: ChildProcess }> {
  const child = fork(import.meta.filename, [version], { env: { PATH: process.env.PATH ?? '' } });
  const [port] = (await once(child, 'message')) as [number];
  const close = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { port, close, process: child };
}

if (process.send && process.argv[1] === import.meta.filename) {
  const upstream = await startUpstream(process.argv[2] ?? '');
  process.on('disconnect', () => process.exit(0));
  process.send(upstream.port);
}

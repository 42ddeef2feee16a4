import { readFile } from 'node:fs/promises';
import type { Exec } from 'dockerode';
import type { Ran, Run } from '../../ports/vantage.ts';
import { asked } from './engine.ts';
import { framesOf } from './output.ts';
import type { DockerTools } from './tools.ts';

/** How much of what a command prints is kept, from its end. */
const kept = 64 * 1024;

/** Runs a command in a container, as its user and within its limits; ended by SIGKILL on abort, which takes root. */
export const execIn =
  ({ engine }: Pick<DockerTools, 'engine'>, container: string): Run =>
  async (argv, { env, cwd, signal }) => {
    const options = {
      Cmd: [...argv],
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      WorkingDir: cwd,
      AttachStdout: true,
      AttachStderr: true,
    };
    const creating = engine.calls.getContainer(container).exec(options);
    const exec = await asked(engine, 'make a command ready', creating);
    const stream = await asked(engine, 'start a command', exec.start({ hijack: true, stdin: false }));
    const end = (): void => void killed(exec, container).then((ends) => ends || stream.destroy());
    signal.addEventListener('abort', end, { once: true });
    // Who gave up while the engine made it ready has not been heard.
    if (signal.aborted) end();
    const printed = ['', '', ''];
    try {
      for await (const { from, text } of framesOf(stream))
        printed[from] = (printed[from] + text).slice(-kept);
      return await endOf(exec, printed);
    } catch (error) {
      if (!signal.aborted) throw error;
      const [, stdout = '', stderr = ''] = printed;
      return { code: null, signal: 'SIGKILL', stdout, stderr };
    } finally {
      signal.removeEventListener('abort', end);
    }
  };

/** The engine can only start commands; this machine knows them by a number, and they lead a session of their own. */
async function killed(exec: Exec, container: string): Promise<boolean> {
  try {
    const { Running, Pid } = await exec.inspect();
    return Running && Pid > 1 && (await isIn(container, Pid)) && process.kill(-Pid, 'SIGKILL');
  } catch {
    return false; // Ended, not ours to kill, or the engine is gone: nobody waits for it any more.
  }
}

/**
 * An engine in a virtual machine numbers its processes by itself: here the number is somebody else's. Every engine puts
 * the container's whole name into its control groups, which hold its commands too; cgroups(7).
 */
const isIn = async (container: string, pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/cgroup`, 'utf8')).includes(container);

/** 126 and 127 are how the engine says that a command cannot be run. */
async function endOf(exec: Exec, [, stdout = '', stderr = '']: readonly string[]): Promise<Ran> {
  const { ExitCode: code } = await exec.inspect();
  const text = stdout + stderr;
  const unable = code === 126 || code === 127;
  if (unable && /executable file not found|no such file/i.test(text)) throw errno('ENOENT', text);
  if (unable && /permission denied/i.test(text)) throw errno('EACCES', text);
  return { code, signal: null, stdout, stderr };
}

const errno = (code: string, text: string): Error => Object.assign(new Error(text.trim()), { code });

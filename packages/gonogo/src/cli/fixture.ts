import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { memoryService } from '../api/fixture/rollouts.ts';
import { memoryLog, temporaryFolder } from '../api/fixture/wire.ts';
import { serveApi } from '../api/server.ts';
import { entryPath } from '../system/entries.ts';
import { stateFolder } from '../system/state.ts';

/** A project folder and a state folder whose agent is this test. */
export type Scene = { readonly folder: string; readonly state: string };

const yaml = `service: shop
artifact: { bundle: { from: ., include: [server.js] } }
run: { command: [node, server.js] }
environments:
  good: { strategy: blue-green }
  bad: { strategy: blue-green }
  slow: { strategy: blue-green }
  slower-to-abort: { strategy: blue-green }
`;

export async function scene(t: TestContext): Promise<Scene> {
  const folder = await temporaryFolder(t);
  const state = join(folder, 'state');
  await mkdir(state, { mode: 0o700 });
  await writeFile(join(folder, 'gonogo.yaml'), yaml);
  await writeFile(join(folder, 'server.js'), 'process.exit(0)');
  const server = await serveApi(stateFolder(state).agentSocket, memoryService(), memoryLog().log);
  t.after(() => server.close());
  return { folder, state };
}

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;
  says(text: RegExp): Promise<void>;
};

/** The command line as a user runs it, in a process of its own. */
export function start({ folder, state }: Scene, ...args: readonly string[]): Running {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, GONOGO_STATE: state };
  const child = spawn(process.execPath, [entryPath('cli'), ...args], { cwd: folder, env });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const done = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  const says = async (text: RegExp): Promise<void> => {
    const until = performance.now() + 30_000;
    while (!text.test(said.stdout + said.stderr)) {
      if (performance.now() > until || child.exitCode !== null)
        throw new Error(`it never said ${text}:\n${said.stdout}${said.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, done, says };
}

export const gonogo = (where: Scene, ...args: readonly string[]): Promise<Ran> => start(where, ...args).done;

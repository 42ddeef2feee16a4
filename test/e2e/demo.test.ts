import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { endProcesses, processesOf } from '../../packages/gonogo/src/cli/demo/leftovers.ts';
import { entryPath } from '../../packages/gonogo/src/system/entries.ts';

type Demo = {
  readonly child: ChildProcess;
  /** The folder in which the demo makes its own. */
  readonly folder: string;
  readonly said: { stdout: string; stderr: string };
  /** Resolves when the story, which json sends to standard error, has come so far. */
  reaches(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
};

async function startDemo(t: TestContext): Promise<Demo> {
  const folder = await mkdtemp('/tmp/gd-');
  const child = spawn(process.execPath, [entryPath('cli'), 'demo', '--format', 'json'], {
    cwd: '/',
    // What a shell may hold must not change the story.
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      PAYMENT_KEY: 'from-the-shell',
      LEDGER_URL: 'tcp://127.0.0.1:1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    endProcesses(await processesOf(folder));
    await rm(folder, { recursive: true, force: true });
  });
  const reaches = async (text: string): Promise<void> => {
    while (!said.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the demo ended before "${text}":\n${said.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { child, folder, said, reaches, ended };
}

async function assertNothingLeft(folder: string): Promise<void> {
  assert.deepEqual(
    (await processesOf(folder)).map(({ command }) => command),
    [],
  );
  const left = (await readdir(folder)).filter((name) => name.startsWith('gng-'));
  assert.deepEqual(left, []);
}

test('the demo tells the whole story, loses no request and leaves nothing', async (t) => {
  const { said, ended, folder } = await startDemo(t);
  assert.equal(await ended, 0, `${said.stderr}\n${said.stdout}`);
  const last = JSON.parse(said.stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(
    last.verdicts.map((one: Record<string, unknown>) => [one.release, one.verdict, one.step]),
    [
      ['v1', 'GO', null],
      ['v2', 'GO', null],
      ['v3', 'NO-GO', 'preflight'],
      ['v4', 'NO-GO', 'reach'],
      ['v5', 'NO-GO', 'watch'],
      ['v1', 'GO', null],
    ],
  );
  assert.equal(last.traffic.failed, 0);
  assert.ok(last.traffic.requests > 3_000, `${last.traffic.requests} requests`);
  assert.ok(last.traffic.from_bad_release > 0);
  assert.equal(last.flips.length, 5);
  assert.match(said.stderr, /staging reaches it in \d+ ms/);
  await assertNothingLeft(folder);
});

test('Ctrl-C in the middle of the demo leaves nothing either', async (t) => {
  const { child, said, ended, folder, reaches } = await startDemo(t);
  await reaches('2. v2');
  await reaches('$ gonogo deploy production');
  child.kill('SIGINT');
  assert.equal(await ended, 130, said.stderr);
  assert.match(said.stderr, /interrupted/);
  await assertNothingLeft(folder);
});

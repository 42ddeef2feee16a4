// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Values } from '../domain/revision.ts';
import { identify } from '../system/process.ts';
import { run } from './command.ts';
import type { Answer } from './kind.ts';

type Options = {
  readonly timeout?: number;
  readonly values?: Values;
  readonly redact?: (text: string) => string;
};

function ask(
  command: readonly string[],
  { timeout = 30_000, values = {}, redact = String }: Options = {},
): Promise<Answer> {
  const at = { from: 'this machine', values, cwd: import.meta.dirname, base: 'http://127.0.0.1:3000' };
  const spec = {
    name: 'it',
    kind: 'run',
    command,
    timeout,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  return run(spec, { at, timeout, signal: AbortSignal.timeout(timeout), redact });
}

const node = (code: string): string[] => [process.execPath, '-e', code];

test('exit code 0 passes, another fails with the last lines of output', async () => {
  assert.equal((await ask(node(''))).saw, 'exit code 0');
  const answer = await ask(
    node(
      'for (let i = 0; i < 20; i++) console.log(`line ${i}`); console.error("broken"); process.exitCode = 3',
    ),
  );
  assert.deepEqual([answer.verdict, answer.failure], ['fail', 'exit']);
  assert.equal(answer.saw, 'exit code 3: line 16 ⏎ line 17 ⏎ line 18 ⏎ line 19 ⏎ broken');
});

test('it gets the environment that is checked and the address to ask, and nothing of ours', async () => {
  process.env.GONOGO_TEST_OURS = 'ours';
  const code = `const e = process.env; process.exit(e.A === 'b' && e.GONOGO_TARGET === 'http://127.0.0.1:3000' && !e.GONOGO_TEST_OURS ? 0 : 1)`;
  assert.equal((await ask(node(code), { values: { A: 'b' } })).verdict, 'pass');
  delete process.env.GONOGO_TEST_OURS;
});

test('a command gets its arguments as they are: no shell, and no values of variables among them', async () => {
  const code = "console.log(process.argv.slice(1).join('|')); process.exitCode = 1";
  const answer = await ask([process.execPath, '-e', code, '--', '$(id)', '; ls', '${A}', '*'], {
    values: { A: 'secret' },
  });
  assert.match(answer.saw, /\$\(id\)\|; ls\|\$\{A\}\|\*$/);
});

test('at the deadline the whole group is killed', async () => {
  const child = "setInterval(() => {}, 1000); console.log('pid', process.pid)";
  const parent = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
  const answer = await ask(node(parent), { timeout: 3000 });
  assert.deepEqual([answer.verdict, answer.failure], ['fail', 'timeout']);
  const pid = Number(/pid (\d+)/.exec(answer.saw)?.[1]);
  assert.ok(pid > 0, answer.saw);
  for (let tries = 0; identify(pid) && tries < 200; tries++) await sleep(50);
  assert.equal(identify(pid), undefined);
});

test('a command that is not there is told from one that fails', async () => {
  const answer = await ask(['no-such-command-anywhere']);
  assert.deepEqual([answer.failure, answer.saw], ['usage', 'there is no command no-such-command-anywhere']);
  assert.equal((await ask([import.meta.filename])).failure, 'usage');
});

test('a command that ends itself by a signal fails', async () => {
  assert.match(
    (await ask(node("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)"))).saw,
    /^was ended by SIGTERM/,
  );
});

test('secrets are removed before the output is cut', async () => {
  const secret = 'canary-canary-canary';
  const code = `console.log('x'.repeat(300) + '${secret}'.repeat(30)); process.exit(1)`;
  const { saw } = await ask(node(code), { redact: (text) => text.replaceAll(secret, '•••') });
  assert.doesNotMatch(saw, /canary|anar/);
});

import assert from 'node:assert/strict';
import { after, before, test as nodeTest } from 'node:test';
import {
  type JobSpec,
  jobRole,
  type ObservedInstance,
  type Runtime,
} from '../../packages/gonogo/src/ports/runtime.ts';
import { eventually } from './eventually.ts';
import { ask, instancesOf, never, server, specOf, target, theOne, webPool } from './runtime-tools.ts';

/** What a driver brings to be proved: a runtime on a fresh host, and how to start anew as after a crash of the agent. */
export type RuntimeHost = {
  readonly runtime: Runtime;
  /** Makes an artifact whose program, `server.js`, is this script. */
  artifact(script: string): Promise<string>;
  /** Another runtime object over the same host; nothing is carried over in memory. */
  again(): Promise<Runtime>;
  close(): Promise<void>;
};

/** Answers when a process that it started has taken 0.4 s of processor time. */
const parent = `
const burn = 'do { for (let i = 0; i < 1e7; i++); } while (process.cpuUsage().user < 400_000)';
require('node:http').createServer((_, response) => {
  require('node:child_process').spawnSync(process.execPath, ['-e', burn]);
  response.end('{}');
}).listen(Number(process.env.PORT), process.env.HOST);
`;

/** Takes memory until it is stopped. */
const greedy = `const all = []; setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 5);`;

/** Listens where only its own network reaches it. */
const inward = `
require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1');
`;

/** What a driver may declare that it cannot do, each with a reason; the suite skips it then. */
export type Gaps = { readonly [what in 'memory' | 'network']?: string };

export type Driver = {
  readonly name: string;
  readonly open: () => Promise<RuntimeHost>;
  /** Why the machine cannot run this driver at all; false when it can. */
  readonly skip?: string | false;
  readonly gaps?: Gaps;
};

/** What every runtime must do, whatever it runs instances with. */
export function runtimeSuite({ name: driver, open, skip = false, gaps = {} }: Driver): void {
  let host: RuntimeHost;
  let artifact: string;
  before(async () => {
    if (skip) return;
    host = await open();
    artifact = await host.artifact(server);
  });
  after(async () => {
    if (!skip) await host.close();
  });
  const says = (sentence: string): string => `${driver}: ${sentence}`;
  const test = (sentence: string, ask: () => Promise<void>, gap?: string): void =>
    void nodeTest(sentence, { skip: skip || (gap !== undefined && `a declared gap: ${gap}`) }, ask);

  test(
    says('a pool gets as many instances as it asks for, more and fewer, and keeps those it has'),
    async () => {
      const { runtime } = host;
      await runtime.apply(specOf(artifact, { count: 2 }), 1, never());
      const two = await instancesOf(runtime);
      assert.equal(two.length, 2);
      await runtime.apply(specOf(artifact, { count: 3 }), 1, never());
      const three = await instancesOf(runtime);
      assert.deepEqual(
        three.slice(0, 2).map((instance) => instance.id),
        two.map((instance) => instance.id),
      );
      await runtime.apply(specOf(artifact, { count: 1 }), 1, never());
      assert.deepEqual(
        (await instancesOf(runtime)).map((instance) => instance.id),
        [two[0]?.id],
      );
      await runtime.remove(webPool, 2000);
      assert.deepEqual(await runtime.observe(target), []);
    },
  );

  test(
    says('an instance gets the snapshot and what it is told about itself, and listens where it was told to'),
    async () => {
      const { runtime } = host;
      await runtime.apply(specOf(artifact, { values: { GREETING: 'hello', PORT: '1' } }), 1, never());
      const instance = await theOne(runtime);
      const { env } = await ask(instance);
      assert.equal(env.GREETING, 'hello');
      assert.equal(env.PORT, String(instance.inner ?? instance.port));
      assert.equal(env.GONOGO_SLOT, 'blue');
      assert.equal(env.GONOGO_REVISION, '9f3c2a1.0badcafe');
      const vantage = await runtime.vantage(instance.id);
      assert.ok('values' in vantage, 'a vantage, not a gap');
      assert.equal(vantage.from, 'blue');
      assert.equal(vantage.base, `http://${instance.host}:${instance.port}`);
      assert.equal(vantage.values.GREETING, 'hello');
      await runtime.remove(webPool, 2000);
    },
  );

  test(says('another runtime object over the same host finds the same instances'), async () => {
    await host.runtime.apply(specOf(artifact, { count: 2 }), 1, never());
    const before = await instancesOf(host.runtime);
    const other = await host.again();
    assert.deepEqual(await instancesOf(other), before);
    await other.apply(specOf(artifact, { count: 2 }), 2, never());
    assert.deepEqual(await instancesOf(other), before);
    await other.remove(webPool, 2000);
  });

  test(
    says('an instance that ended says how, is told of, and is started again with the same place counted'),
    async () => {
      const { runtime } = host;
      const told: string[] = [];
      const off = runtime.onChange((pool, ended) => told.push(`${pool.slot}/${pool.role} ${ended ?? ''}`));
      await runtime.apply(specOf(artifact), 1, never());
      const first = await theOne(runtime);
      await ask(first);
      told.length = 0;
      await fetch(`http://${first.host}:${first.port}/exit`).catch(() => undefined); // It ends without an answer.
      const ended = await eventually('the end', async () => {
        const { state } = await theOne(runtime);
        return state.is === 'ended' && state;
      });
      assert.equal(ended.code, 7);
      assert.ok(ended.startedAt <= ended.endedAt, `${ended.startedAt} is after ${ended.endedAt}`);
      assert.ok(!ended.withMachine);
      await eventually('being told', () => told.includes(`blue/web ${first.id}`));
      const restarted = await runtime.restart(specOf(artifact), { of: first.id, inARow: 3 }, never());
      const second = await theOne(runtime);
      assert.deepEqual([first.inARow, second.inARow], [0, 3]);
      assert.equal(second.id, restarted);
      assert.notEqual(second.id, first.id);
      assert.equal((await runtime.observe(target))[0]?.restarts, 1);
      off();
      await runtime.remove(webPool, 2000);
    },
  );

  test(
    says('an instance that ended keeps its place where it is asked to, and only a restart gives it away'),
    async () => {
      const { runtime } = host;
      await runtime.apply(specOf(artifact), 1, never());
      const first = await theOne(runtime);
      await ask(first);
      await fetch(`http://${first.host}:${first.port}/exit`).catch(() => undefined); // It ends without an answer.
      await eventually('the end', async () => (await theOne(runtime)).state.is === 'ended');
      const larger = specOf(artifact, { count: 2 });
      await runtime.apply({ ...larger, keepsEnded: true }, 1, never());
      const states = (await instancesOf(runtime)).map(({ state }) => state.is);
      assert.deepEqual(states, ['ended', 'running']);
      await runtime.apply(larger, 1, never());
      const two = await instancesOf(runtime);
      assert.deepEqual(
        two.map(({ id, state }) => [id === first.id, state.is]),
        [
          [false, 'running'],
          [false, 'running'],
        ],
      );
      await runtime.remove(webPool, 2000);
    },
  );

  test(
    says('an instance that is ended keeps its place and its count, until a restart gives it away'),
    async () => {
      const { runtime } = host;
      const spec = specOf(artifact);
      await runtime.apply(spec, 1, never());
      const { id: before } = await theOne(runtime);
      await runtime.restart(spec, { of: before, inARow: 2 }, never());
      const first = await theOne(runtime);
      await ask(first);
      await runtime.end(spec, first.id, never());
      const ended = await theOne(runtime);
      assert.deepEqual([ended.id, ended.state.is, ended.inARow], [first.id, 'ended', 2]);
      await assert.rejects(fetch(`http://${first.host}:${first.port}/`), 'it runs no more');
      await runtime.end(spec, first.id, never());
      await runtime.end(spec, 'nobody', never());
      assert.deepEqual(await theOne(runtime), ended);
      const heir = await runtime.restart(spec, { of: first.id, inARow: 3 }, never());
      const next = await theOne(runtime);
      assert.deepEqual([next.id, next.state.is, next.inARow], [heir, 'running', 3]);
      await runtime.remove(webPool, 2000);
    },
  );

  test(says('the output of an instance can be read, and followed'), async () => {
    const { runtime } = host;
    await runtime.apply(specOf(artifact), 1, never());
    const instance = await theOne(runtime);
    await ask(instance);
    const stop = new AbortController();
    const lines: string[] = [];
    const following = (async () => {
      for await (const line of runtime.logs(webPool, { lines: 5, follow: true, signal: stop.signal }))
        lines.push(line.text);
    })();
    await eventually('its first line', () =>
      lines.includes(`listening soon on ${instance.inner ?? instance.port}`),
    );
    await fetch(`http://${instance.host}:${instance.port}/exit`).catch(() => undefined); // It ends without an answer.
    await eventually('what it wrote last', () => lines.includes('asked to exit'));
    stop.abort();
    await following;
    await runtime.remove(webPool, 2000);
  });

  test(says('removing what is not there is no error'), async () => {
    await host.runtime.remove({ ...webPool, slot: 'green' }, 1000);
  });

  test(says('what listens is told where the router reaches it'), async () => {
    const { runtime } = host;
    await runtime.apply(specOf(artifact), 1, never());
    const { id, host: address, port } = await theOne(runtime);
    await eventually('its port', async () =>
      (await runtime.listening(id))?.some((at) => at.host === address && at.port === port),
    );
    assert.deepEqual(await runtime.listening(id, port), [{ host: address, port }]);
    assert.deepEqual(await runtime.listening(id, port === 1 ? 2 : 1), []);
    assert.equal(await runtime.listening('nobody'), undefined);
    await runtime.remove(webPool, 2000);
  });

  test(
    says('an instance that was killed for its memory says so'),
    async () => {
      const { runtime } = host;
      const spec = specOf(await host.artifact(greedy), { run: { memory: 64 * 1024 * 1024 } });
      await runtime.apply(spec, 1, never());
      const ended = await eventually('the end', async () => {
        const { state } = await theOne(runtime);
        return state.is === 'ended' && state;
      });
      assert.equal(ended.outOfMemory, 'limit');
      assert.equal(ended.signal, 'SIGKILL');
      await runtime.remove(webPool, 2000);
    },
    gaps.memory,
  );

  test(
    says('what an instance listens on at a loopback address is not told as reachable'),
    async () => {
      const { runtime } = host;
      await runtime.apply(specOf(await host.artifact(inward)), 1, never());
      const { id, port, inner } = await theOne(runtime);
      const at = await eventually('its port', async () => (await runtime.listening(id))?.[0]);
      assert.deepEqual(at, { host: '127.0.0.1', port: inner });
      assert.notEqual(port, inner);
      const vantage = await runtime.vantage(id);
      assert.ok('inside' in vantage && vantage.inside, 'it has a network of its own');
      await runtime.remove(webPool, 2000);
    },
    gaps.network,
  );

  test(says('the processor time of an instance is told, with what its children took'), async () => {
    const { runtime } = host;
    await runtime.apply(specOf(await host.artifact(parent), { count: 2 }), 1, never());
    const [first, second] = await instancesOf(runtime);
    assert.ok(first && second);
    await ask(first);
    await ask(second);
    const before = await runtime.processorTimes(webPool);
    await ask(first);
    const after = await runtime.processorTimes(webPool);
    const taken = ({ id }: ObservedInstance): number => (after.get(id) ?? -1) - (before.get(id) ?? 0);
    assert.ok(taken(first) >= 350, `${taken(first)} ms`);
    assert.ok(taken(second) >= 0 && taken(second) < taken(first), `${taken(second)} ms`);
    await runtime.remove(webPool, 2000);
    assert.equal((await runtime.processorTimes(webPool)).size, 0);
  });

  test(says('an earlier holder of the lease is refused'), async () => {
    const { runtime } = host;
    await runtime.apply(specOf(artifact), 9, never());
    await assert.rejects(runtime.apply(specOf(artifact, { count: 2 }), 8, never()), { code: 'LEASE_LOST' });
    assert.equal((await instancesOf(runtime)).length, 1);
    await runtime.remove(webPool, 2000);
  });

  const job = (script: string): JobSpec => {
    const { pool: _, count: __, ...rest } = specOf(artifact, { run: { command: ['node', '-e', script] } });
    return { ...rest, slot: { target, slot: 'blue' }, values: { WORD: 'hello' } };
  };

  test(
    says('a job runs once for each key, in the environment it is given, and tells how it ended'),
    async () => {
      const { runtime } = host;
      const spec = job('console.log(process.env.WORD, Math.random()); process.exitCode = 3');
      assert.equal(await runtime.hasBegun(spec.slot, 'key-1'), false);
      const first = await runtime.job(spec, 'key-1', never());
      assert.equal(first.code, 3);
      assert.match(first.lines.join('\n'), /^hello 0\.\d+$/m);
      assert.equal(await runtime.hasBegun(spec.slot, 'key-1'), true);
      assert.deepEqual(await (await host.again()).job(spec, 'key-1', never()), first, 'it was not run again');
      const second = await runtime.job(spec, 'key-2', never());
      assert.notDeepEqual(second.lines, first.lines);
    },
  );

  test(says('a job that was begun is waited for by whoever comes later'), async () => {
    const { runtime } = host;
    const spec = job('setTimeout(() => console.log("done " + process.pid), 300)');
    const first = runtime.job(spec, 'key-3', never());
    await eventually('it has begun', () => runtime.hasBegun(spec.slot, 'key-3'));
    const second = (await host.again()).job(spec, 'key-3', never());
    assert.deepEqual(await second, await first);
  });

  test(says('a job that is given up is stopped'), async () => {
    const { runtime } = host;
    const spec = job('setInterval(() => undefined, 1000)');
    const stop = new AbortController();
    const running = runtime.job(spec, 'key-4', stop.signal);
    await eventually('it has begun', () => runtime.hasBegun(spec.slot, 'key-4'));
    stop.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
    const jobs = await instancesOf(runtime, { ...webPool, role: jobRole });
    assert.ok(jobs.every(({ state }) => state.is === 'ended'));
  });

  test(says('of too many instances those that are listed last go'), async () => {
    const { runtime } = host;
    await runtime.apply(specOf(artifact, { count: 3 }), 10, never());
    const [first, second] = await instancesOf(runtime);
    await runtime.apply(specOf(artifact, { count: 2 }), 10, never());
    assert.deepEqual(await instancesOf(runtime), [first, second]);
    await runtime.remove(webPool, 2000);
  });

  test(says('a pool that cannot fit beside what runs is refused before anything starts'), async () => {
    const { runtime } = host;
    const { fault, asked } = await runtime.vet(specOf(artifact));
    assert.equal(fault, undefined);
    assert.match(
      asked.memory ?? '',
      /^\d+ [MG]B are free, and what 1 more instance may take is not known yet$/,
    );
    assert.match(Object.keys(asked).join(), /disk of \//);
    await runtime.apply(specOf(artifact), 10, never());
    await ask(await theOne(runtime));
    const many = await runtime.vet(specOf(artifact, { count: 1_000_000 }));
    assert.match(
      many.fault ?? '',
      /1000000 more instances may take \d+ [MG]B of memory, and \d+ [MG]B are free/,
    );
    assert.match(
      many.asked.memory ?? '',
      /^\d+ [MG]B are free, and 1000000 more instances may take \d+ [MG]B$/,
    );
    await runtime.remove(webPool, 2000);
  });
}

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isProblem } from '../errors.ts';
import { ManifestWire } from '../wire/manifest.ts';
import { loadCheckPlan, loadConfig } from './load.ts';

const golden = join(import.meta.dirname, 'golden');
let scratch = '';
before(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'gonogo-config-')));
});
after(() => rm(scratch, { recursive: true }));

let written = 0;
async function write(yaml: string): Promise<string> {
  const folder = join(scratch, `project-${written++}`);
  await mkdir(folder);
  await writeFile(join(folder, 'gonogo.yaml'), yaml);
  return join(folder, 'gonogo.yaml');
}

const deployable = `service: shop
artifact: { bundle: { from: app, include: [dist], build: npm run build } }
run: { command: node server.js }
environments: { production: }
`;

/** The report of a file that is refused. */
async function reportOf(path: string): Promise<string> {
  const refusal = await loadConfig(path).then(
    () => assert.fail('it was accepted'),
    (error: unknown) => error,
  );
  assert.ok(isProblem(refusal, 'CONFIG_INVALID'), String(refusal));
  return `${refusal.message}\n→ ${refusal.hint}\n`;
}

describe('the report of a malformed file names every problem with its place', async () => {
  for (const name of (await readdir(golden)).filter((file) => file.endsWith('.yaml'))) {
    test(name, async () => {
      const report = await reportOf(join(golden, name));
      const path = join(golden, name.replace('.yaml', '.txt'));
      if (process.env.GONOGO_GOLDEN === 'write') await writeFile(path, report);
      assert.equal(report, await readFile(path, 'utf8'));
    });
  }
});

test('a secret typed in the wrong place is not repeated in the report', async () => {
  const path = await write(
    `${deployable}contract: { env: { A: hunter2secret }, reach: ['postgres://me:hunter2secret@db/x'] }\n`,
  );
  assert.doesNotMatch(await reportOf(path), /hunter2secret/);
});

test('a file that is not there is CONFIG_MISSING, a folder stands for the gonogo.yaml in it', async () => {
  await assert.rejects(loadConfig(join(scratch, 'nowhere', 'gonogo.yaml')), (e) =>
    isProblem(e, 'CONFIG_MISSING'),
  );
  await assert.rejects(loadConfig(scratch), (e) => isProblem(e, 'CONFIG_MISSING'));
  const path = await write(deployable);
  assert.equal((await loadConfig(join(path, '..'))).file, path);
});

test('the smallest file has every default, and its manifest is what the wire takes', async () => {
  const path = await write(deployable);
  const project = await loadConfig(path);
  const [service] = project.services;
  assert.ok(service);
  const probe = { get: 'tcp', every: 2000, timeout: 1000, failures: 2, successes: 1 };
  assert.deepEqual(service.manifest, {
    service: 'shop',
    run: { command: ['node', 'server.js'], replicas: 1, grace: 20_000, shared: [] },
    contract: { env: {}, reach: [] },
    health: { startup: { ...probe, every: 1000, failures: 60 }, ready: probe },
    checks: [],
  });
  assert.deepEqual(service.artifact, {
    bundle: { from: join(project.folder, 'app'), include: ['dist'], build: ['npm', 'run', 'build'] },
  });
  assert.deepEqual(service.environments, {
    production: {
      spec: {
        strategy: 'blue-green',
        watch: { for: 30_000, errors: 0.01, p99: 3, minRequests: 50 },
        keep: 600_000,
        address: '127.0.0.1',
      },
      env: [],
    },
  });
  assert.ok(ManifestWire.safeParse(service.manifest).success);
});

test('an image is built from a folder or taken by name, and may have its own command', async () => {
  const image = (written: string) =>
    write(
      `service: shop\nartifact: { image: ${written} }\nrun: { port: 8080 }\nenvironments: { production: }\n`,
    );
  const built = await loadConfig(await image('{ build: app, target: web, args: { NODE_ENV: production } }'));
  const context = join(built.folder, 'app');
  assert.deepEqual(built.services[0]?.artifact, {
    image: { context, target: 'web', args: { NODE_ENV: 'production' } },
  });
  assert.equal(built.services[0]?.manifest.run.port, 8080);
  assert.deepEqual(built.services[0]?.manifest.run.command, []);
  const named = await loadConfig(await image('{ name: ghcr.io/acme/shop:1.4 }'));
  assert.deepEqual(named.services[0]?.artifact, { image: { name: 'ghcr.io/acme/shop:1.4' } });
  for (const [written, why] of [
    ['{ }', /must have build or name/],
    ['{ build: ., name: shop }', /one of them is too much/],
    ['{ name: shop, target: web }', /artifact.image.target: belongs to build/],
    ['{ name: --privileged }', /must be the name of an image/],
    ['{ build: ../other }', /must be a path inside the project/],
  ] as const)
    assert.match(await reportOf(await image(written)), why);
});

test('a build argument that would change the docker command itself is refused', async () => {
  const withArgument = (name: string) =>
    write(
      `service: shop\nartifact: { image: { build: ., args: { ${name}: x } } }\nrun: { port: 80 }\nenvironments: { production: }\n`,
    );
  for (const name of ['PATH', 'HOME', 'DOCKER_HOST', 'BUILDX_BUILDER', 'LD_PRELOAD', 'BUILDKIT_HOST'])
    assert.match(
      await reportOf(await withArgument(name)),
      new RegExp(`artifact.image.args.${name}: is a variable that the docker command itself reads`),
    );
  for (const name of ['HTTP_PROXY', 'GIT_COMMIT', 'BUILDKIT_INLINE_CACHE', 'NODE_PATH', 'MY_DOCKER_HOST'])
    await loadConfig(await withArgument(name));
});

test('what belongs only to images, and what a bundle lacks, is refused', async () => {
  const report = await reportOf(
    await write(
      'service: shop\nartifact: { bundle: { from: . } }\nrun: { port: 80 }\nenvironments: { production: }\n',
    ),
  );
  assert.match(report, /run.command: is missing: a bundle has no command of its own/);
  assert.match(report, /run.port: belongs to images/);
});

test('a shared folder that lies in another one is refused', async () => {
  const sharing = (written: string) => write(deployable.replace('run: {', `run: { shared: ${written},`));
  assert.match(
    await reportOf(await sharing('[data, tmp, ./data/uploads]')),
    /run.shared\[2\]: lies in data, which/,
  );
  await loadConfig(await sharing('[data/a, data/b]'));
});

test('an environment takes releases from another one, and never in a circle', async () => {
  const from = (environments: string) =>
    write(`${deployable.replace(/environments:[\s\S]*/, '')}environments: ${environments}\n`);
  const project = await loadConfig(await from('{ staging: , production: { from: staging } }'));
  assert.equal(project.services[0]?.environments.production?.spec.from, 'staging');
  for (const [environments, why] of [
    [
      '{ production: { from: stagin }, staging: }',
      /production.from: there is no environment "stagin"; there is production, staging/,
    ],
    ['{ production: { from: production } }', /production.from: leads back to this environment/],
    ['{ a: { from: b }, b: { from: c }, c: { from: a } }', /b.from: leads back/],
    ['{ a: { from: 7 } }', /a.from: must be text, not a number/],
  ] as const)
    assert.match(await reportOf(await from(environments)), why);
});

test('what stays of old releases can be said', async () => {
  const keep = (written: string) => write(deployable.replace('artifact: {', `artifact: { keep: ${written},`));
  const usual = await loadConfig(await write(deployable));
  assert.deepEqual(usual.services[0]?.keep, { releases: 10, bytes: 5 * 1024 ** 3 });
  const said = await loadConfig(await keep('{ releases: 3, disk: 500MB }'));
  assert.deepEqual(said.services[0]?.keep, { releases: 3, bytes: 500 * 1024 ** 2 });
  assert.match(await reportOf(await keep('{ disk: lots }')), /artifact.keep.disk: "lots" is not a size/);
  assert.match(await reportOf(await keep('{ releases: -1 }')), /artifact.keep.releases: must be at least 0/);
});

test('every shorthand of a check becomes the same kind of spec, and the wire takes them all', async () => {
  const path = await write(`${deployable}contract:
  env: { LOG_LEVEL: { default: info, one_of: [debug, info] }, TOKEN: }
checks:
  - get: /a
  - { name: posted, post: /b, body: { n: 1 }, expect: { status: [200, 201], json: { $.ok: true, '$.n': { gt: 0 } } } }
  - { head: 'https://example.com/', expect: { headers: { etag: { exists: true } }, body: { contains: x } } }
  - { tcp: 'localhost:5432', timeout: 1s, retry: 2, tags: [network] }
  - { postgres: '\${DATABASE_URL}', query: SELECT 2, retry: { times: 1, delay: 0s } }
  - { run: "npm run 'a b'" }
  - { run: [sh, -c, 'a | b'], timeout: 2m }
  - env: LOG_LEVEL
  - env: OTHER
`);
  const [service] = (await loadConfig(path)).services;
  const checks = service?.manifest.checks ?? [];
  assert.ok(ManifestWire.shape.checks.safeParse(checks).success);
  assert.deepEqual(
    checks.map(({ name, timeout, retry }) => [name, timeout, retry.times, retry.delay]),
    [
      ['GET /a', 5000, 0, 500],
      ['posted', 5000, 0, 500],
      ['HEAD https://example.com/', 5000, 0, 500],
      ['tcp localhost:5432', 1000, 2, 500],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how the file says it
      ['postgres ${DATABASE_URL}', 5000, 1, 0],
      ['run npm run a b', 60_000, 0, 500],
      ['run sh -c a | b', 120_000, 0, 500],
      ['env LOG_LEVEL', 1000, 0, 500],
      ['env OTHER', 1000, 0, 500],
    ],
  );
  const [, posted, , , , split, , declared, undeclared] = checks;
  assert.ok(posted?.kind === 'http' && split?.kind === 'run');
  assert.deepEqual(posted.expect.json, { '$.ok': { equals: true }, '$.n': { gt: 0 } });
  assert.deepEqual([posted.body, posted.headers], ['{"n":1}', { 'content-type': 'application/json' }]);
  assert.deepEqual(split.command, ['npm', 'run', 'a b']);
  assert.ok(declared?.kind === 'env' && undeclared?.kind === 'env');
  assert.deepEqual(declared.rule, {
    secret: false,
    required: false,
    default: 'info',
    oneOf: ['debug', 'info'],
  });
  assert.deepEqual(undeclared.rule, { secret: true, required: true });
});

test('an environment says how it is deployed', async () => {
  const path = await write(`${deployable.replace('environments: { production: }\n', '')}environments:
  production:
    strategy: in-place
    listen: '127.0.0.1:8080'
    replicas: 3
    env: [.env, { file: b.env }, { command: sops -d prod.env }]
    watch: { for: 5m, errors: 0.5%, p99: 1.5x, min_requests: 10 }
    keep: 0s
    runtime: { process: { address: 127.0.0.2 } }
`);
  const [service] = (await loadConfig(path)).services;
  assert.deepEqual(service?.environments.production, {
    spec: {
      strategy: 'in-place',
      listen: { host: '127.0.0.1', port: 8080 },
      watch: { for: 300_000, errors: 0.005, p99: 1.5, minRequests: 10 },
      keep: 0,
      address: '127.0.0.2',
    },
    env: [{ file: '.env' }, { file: 'b.env' }, { command: ['sops', '-d', 'prod.env'] }],
    replicas: 3,
  });
});

test('a project is known by its folder, whatever way leads to it, unless it has a name', async () => {
  const path = await write(deployable);
  await symlink(join(path, '..'), join(scratch, 'link'));
  const { id } = await loadConfig(path);
  assert.match(id, /^shop-[0-9a-f]{8}$/);
  assert.equal((await loadConfig(join(scratch, 'link', 'gonogo.yaml'))).id, id);
  assert.notEqual((await loadConfig(await write(deployable))).id, id);
  assert.equal((await loadConfig(await write(`project: ours\n${deployable}`))).id, 'ours');
});

test('the result is frozen to its depth', async () => {
  const project = await loadConfig(await write(deployable));
  assert.throws(() => Object.assign(project.services[0]?.manifest.run ?? {}, { replicas: 9 }), TypeError);
});

test('checks need no artifact, run or environments; a deploy does, and all that is missing is named', async () => {
  const path = await write('service: shop\nchecks: [{ get: /a }]\nrollback: ./undo.sh now\n');
  const plan = await loadCheckPlan(path);
  assert.equal(plan.checks.length, 1);
  assert.deepEqual(plan.rollback, ['./undo.sh', 'now']);
  const report = await reportOf(path);
  for (const section of ['artifact', 'run', 'environments'])
    assert.match(report, new RegExp(`${section}: is missing`));
});

test('an explicit empty list of checks is refused', async () => {
  assert.match(
    await reportOf(await write(`${deployable}checks: []\n`)),
    /checks: must hold at least one check/,
  );
});

test('a key of the prototype is an unknown key', async () => {
  assert.match(await reportOf(await write(`${deployable}constructor: 1\n`)), /constructor: unknown key/);
  assert.match(
    await reportOf(await write(`${deployable}__proto__: { service: x }\n`)),
    /__proto__: unknown key/,
  );
});

test('a probe asks a path, a port or a command, in its own time', async () => {
  const probes = async (health: string) =>
    (await loadConfig(await write(`${deployable}health: ${health}\n`))).services[0]?.manifest.health;
  const numbers = { every: 2000, timeout: 1000, failures: 2, successes: 1 };
  const told = await probes('{ ready: { run: "node ready.js --quick", delay: 5s }, all_unready: serve }');
  assert.deepEqual(told?.ready, { run: ['node', 'ready.js', '--quick'], delay: 5000, ...numbers });
  assert.equal(told?.allUnready, 'serve');
  assert.deepEqual((await probes('{ ready: tcp }'))?.ready, { get: 'tcp', ...numbers });
  const project = await loadConfig(await write(`${deployable}health: { ready: { run: [node, x] } }\n`));
  assert.ok(ManifestWire.safeParse(project.services[0]?.manifest).success);
  for (const [health, why] of [
    ['{ ready: { every: 1s } }', /health.ready: must have one of get, run/],
    ['{ ready: { get: /r, run: node r.js } }', /health.ready: asks get and run: use one of them/],
    ['{ ready: { run: node r.js, delay: 5 } }', /health.ready/],
    ['{ all_unready: sometimes }', /health.all_unready/],
  ] as const)
    assert.match(await reportOf(await write(`${deployable}health: ${health}\n`)), why);
});

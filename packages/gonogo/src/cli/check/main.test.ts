// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { type Executed, exec } from '../../system/exec.ts';

const main = join(import.meta.dirname, '..', 'main.ts');

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gonogo-check-'));
});
after(() => rm(root, { recursive: true }));

let made = 0;

type Project = {
  readonly yaml: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

/** Runs the command in a project of its own, with a state folder in which no agent is. */
async function gonogo(
  args: readonly string[],
  { yaml, files = {}, env = {} }: Project,
): Promise<Executed & { state: string }> {
  const folder = join(root, `p${made++}`);
  const state = join(folder, 'state');
  await mkdir(state, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries({ 'gonogo.yaml': yaml, ...files })) {
    await writeFile(join(folder, name), content);
  }
  const clean = { PATH: process.env.PATH ?? '', HOME: folder, GONOGO_STATE: state, ...env };
  return {
    ...(await exec([process.execPath, main, ...args], { cwd: folder, env: clean, maxBytes: 2 ** 20 })),
    state,
  };
}

async function serve(t: TestContext, listener: RequestListener): Promise<{ port: number; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

const status =
  'service: shop\nchecks:\n  - { name: status, get: /status, expect: { json: { $.status: ok } } }\n';

test('GO is exit 0, in this process alone: no agent is started and nothing is kept', async (t) => {
  const { url } = await serve(t, (_request, response) => response.end('{"status":"ok"}'));
  const { code, stdout, stderr, state } = await gonogo(['check', '--url', url], { yaml: status });
  assert.equal(stderr, '');
  assert.match(
    stdout,
    /^✓ status {2}answered 200 {2}\d+ ms\n\nGO {2}shop at http:\/\/127\.0\.0\.1:\d+ {3}1 check passed\n$/,
  );
  assert.equal(code, 0);
  assert.deepEqual(await readdir(state), []);
});

test('NO-GO is exit 1 and says what was seen', async (t) => {
  const { url } = await serve(t, (_request, response) => response.end('{"status":"down"}'));
  const { code, stdout } = await gonogo(['check', '--url', url], { yaml: status });
  assert.match(stdout, /✗ status {2}\$\.status is "down", not "ok"/);
  assert.match(stdout, /\nNO-GO {2}shop at .* 1 of 1 check failed\n$/);
  assert.equal(code, 1);
});

test('an environment is asked at its front, with its own values, and no secret is printed', async (t) => {
  const { port } = await serve(t, (request, response) => {
    const good = request.headers.authorization === 'Bearer hunter2-token';
    response.writeHead(good ? 200 : 401).end(`you sent ${request.headers.authorization}`);
  });
  const yaml = `service: shop
contract: { env: { TOKEN: { secret: true }, LEVEL: { default: info, one_of: [debug, info] }, FROM_SHELL: } }
checks: [{ get: /, headers: { authorization: 'Bearer \${TOKEN}' } }, { get: /fail, headers: { authorization: 'x \${TOKEN}' } }]
environments: { production: { listen: ${port}, env: [.env.production] } }
`;
  const files = { '.env.production': 'TOKEN=hunter2-token\n' };
  const { code, stdout, stderr } = await gonogo(['check', 'production', '--format', 'json'], {
    yaml,
    files,
    env: { FROM_SHELL: 'here' },
  });
  const report = JSON.parse(stdout) as {
    decision: string;
    subject: string;
    results: { name: string; verdict: string; saw: string }[];
  };
  assert.deepEqual([code, report.decision, report.subject], [1, 'NO-GO', 'shop → production']);
  assert.deepEqual(
    report.results.map(({ name, verdict }) => `${verdict} ${name}`),
    ['pass env TOKEN', 'pass env LEVEL', 'pass env FROM_SHELL', 'pass GET /', 'fail GET /fail'],
  );
  assert.match(report.results[4]?.saw ?? '', /answered 401: you sent x •••/);
  assert.doesNotMatch(stdout + stderr, /hunter2/);
});

test('what the contract must reach is proved from the environment’s address', async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createTcp((socket) => {
    seen.push(socket.remoteAddress);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const yaml = `service: shop
contract: { reach: ['tcp://127.0.0.1:${port}'] }
environments: { production: { listen: 1, runtime: { process: { address: 127.0.0.2 } } } }
`;
  const { code, stdout } = await gonogo(['check', 'production'], { yaml });
  assert.equal(code, 0, stdout);
  assert.deepEqual(seen, ['127.0.0.2']);
});

test('a missing variable is NO-GO', async () => {
  const { code, stdout } = await gonogo(['check'], {
    yaml: 'service: shop\ncontract: { env: { API_KEY: { secret: true } } }\n',
  });
  assert.match(stdout, /✗ env API_KEY {2}API_KEY is not set/);
  assert.equal(code, 1);
});

test('only what has a tag is asked, and a tag that nothing has is a mistake', async (t) => {
  const { url } = await serve(t, (_request, response) => response.end());
  const yaml =
    'service: shop\nchecks: [{ get: /a, tags: [quick] }, { get: /b }, { get: /c, tags: [slow, quick] }]\n';
  const quick = await gonogo(['check', '--url', url, '--tag', 'quick'], { yaml });
  assert.match(quick.stdout, /GET \/a.*\n.*GET \/c.*\n\nGO .*2 checks passed/);
  const none = await gonogo(['check', '--url', url, '--tag', 'nope'], { yaml });
  assert.deepEqual([none.code, none.stdout], [2, '']);
  assert.match(none.stderr, /no check has the tag nope/);
});

const mistakes: [what: string, args: string[], project: Project, says: RegExp][] = [
  [
    'no checks and no contract',
    ['check', '--url', 'http://127.0.0.1:1'],
    { yaml: 'service: shop\n' },
    /nothing can be proved/,
  ],
  ['no address', ['check'], { yaml: status }, /which address to check: give --url/],
  [
    'an environment that is not live',
    ['check', 'a'],
    { yaml: `${status}environments: { a: }\n` },
    /name an environment that is live \(a\)/,
  ],
  [
    'an unknown environment',
    ['check', 'prod'],
    { yaml: `${status}environments: { production: }\n` },
    /no environment "prod".*production/,
  ],
  ['a URL that is none', ['check', '--url', 'shop.example'], { yaml: status }, /--url must be an address/],
  ['an unknown format', ['check', '--format', 'xml'], { yaml: status }, /xml/],
  [
    'a malformed file',
    ['check'],
    { yaml: 'service: shop\nchekcs: []\n' },
    /gonogo\.yaml:2:1 chekcs: unknown key; did you mean checks\?/,
  ],
  [
    'a rollback of nothing',
    ['check', '--url', 'http://127.0.0.1:1', '--rollback'],
    { yaml: status },
    /--rollback needs an environment/,
  ],
];
for (const [what, args, project, says] of mistakes) {
  test(`${what} is exit 2, and nothing is asked`, async () => {
    const { code, stdout, stderr } = await gonogo(args, project);
    assert.match(stderr, says);
    assert.deepEqual([code, stdout], [2, '']);
  });
}

test('every env source that cannot be read is told at once', async () => {
  const yaml = `${status}environments: { production: { listen: 1, env: [a.env, b.env] } }\n`;
  const { code, stderr } = await gonogo(['check', 'production'], { yaml });
  assert.match(stderr, /a\.env[\s\S]*b\.env/);
  assert.equal(code, 2);
});

const hook = `import { writeFileSync } from 'node:fs';
writeFileSync('rolled-back', process.env.GONOGO_TARGET + ' ' + process.env.GONOGO_ENVIRONMENT + ' ' + process.argv[2]);
console.log('undone with hunter2-token');
process.exitCode = Number(process.env.HOOK_EXIT ?? 0);
`;
const withHook = (port: number): string =>
  `${status}rollback: [${process.execPath}, hook.mjs, now]\nenvironments: { production: { listen: ${port}, env: [.env] } }\n`;

test('--rollback runs the hook on NO-GO, tells its output without secrets, and the exit code stays NO-GO', async (t) => {
  const { port } = await serve(t, (_request, response) => response.writeHead(500).end());
  const files = { 'hook.mjs': hook, '.env': 'TOKEN=hunter2-token\n' };
  const bad = await gonogo(['check', 'production', '--rollback'], { yaml: withHook(port), files });
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /undone with •••\nproduction was rolled back/);
  assert.equal(
    await readFile(join(bad.state, '..', 'rolled-back'), 'utf8'),
    `http://127.0.0.1:${port} production now`,
  );
  const failed = await gonogo(['check', 'production', '--rollback'], {
    yaml: withHook(port),
    files,
    env: { HOOK_EXIT: '5' },
  });
  assert.equal(failed.code, 3);
  assert.match(failed.stderr, /NO-GO, and the rollback of production failed: .* exit code 5/);
});

test('on GO, and without --rollback, the hook stays still', async (t) => {
  const { port } = await serve(t, (request, response) =>
    response.end(request.url === '/status' ? '{"status":"ok"}' : ''),
  );
  const files = { 'hook.mjs': hook, '.env': 'TOKEN=hunter2-token\n' };
  const good = await gonogo(['check', 'production', '--rollback'], { yaml: withHook(port), files });
  assert.equal(good.code, 0, good.stdout);
  const other = await gonogo(['check', 'production'], { yaml: withHook(1), files });
  assert.equal(other.code, 1);
  for (const { state } of [good, other])
    assert.ok(!(await readdir(join(state, '..'))).includes('rolled-back'));
});

test('every format reports the same verdict', async (t) => {
  const { url } = await serve(t, (_request, response) => response.writeHead(503).end());
  const begins = { pretty: '✗', json: '{', junit: '<?xml', tap: 'TAP version 14', github: '::error' };
  for (const [format, start] of Object.entries(begins)) {
    const { code, stdout } = await gonogo(['check', '--url', url, '--format', format], { yaml: status });
    assert.ok(stdout.startsWith(start), stdout);
    assert.equal(code, 1);
  }
});

test('the schema is JSON Schema that knows every section', async () => {
  const { code, stdout } = await gonogo(['schema'], { yaml: '' });
  const schema = JSON.parse(stdout) as {
    $schema: string;
    additionalProperties: boolean;
    properties: Record<string, unknown>;
  };
  assert.equal(code, 0);
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(schema.additionalProperties, false);
  for (const key of ['service', 'artifact', 'run', 'contract', 'health', 'checks', 'environments'])
    assert.ok(key in schema.properties, key);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import type {
  EnvironmentStatus,
  EvidenceView,
  RolloutDetail,
} from '../../packages/gonogo/src/api/contract.ts';
import type { CheckResult } from '../../packages/gonogo/src/domain/check.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { secretsIn } from './support/secrets.ts';
import { writeSite } from './support/site.ts';

const token = 'canary/+7?q"ü z&=9';
const password = 'canary-p@ss/word';
const env = { TOKEN: token, DATABASE_URL: `https://user:${encodeURIComponent(password)}@127.0.0.1/` };

/** Prints its secrets in every disguise, and answers them to its own smoke test, which they fail. */
const leaking = {
  before: `const told = [process.env.TOKEN, Buffer.from(process.env.TOKEN).toString('base64'),
  encodeURIComponent(process.env.TOKEN), JSON.stringify(process.env.TOKEN), process.env.DATABASE_URL,
  decodeURIComponent(new URL(process.env.DATABASE_URL).password)];
for (const one of told) console.log('I was told', one);`,
  status: `request.url === '/check' ? 500 : 200`,
  answer: `request.url === '/check' ? 'broken: ' + told.join(' ') : 'two'`,
};

/** Something that can be reached from inside the new slot. */
async function reachable(t: TestContext): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

/** A release that was refused beside one that serves; answers the rollout's name. */
async function refused(t: TestContext, sandbox: Sandbox, reach: string): Promise<string> {
  const contract = 'env: { TOKEN: { secret: true }, DATABASE_URL: { secret: true } }';
  await writeSite(sandbox, { yaml: `contract: { ${contract} }` });
  const first = await sandbox.run(['deploy', 'production'], { env });
  assert.equal(first.code, 0, first.said());
  const yaml = `contract: { ${contract}, reach: ['${reach}'] }\nchecks: [{ name: smoke, get: /check }]`;
  await writeSite(sandbox, { says: 'two', ...leaking, yaml });
  const done = await sandbox.run(['deploy', 'production', '--format', 'json'], { env });
  assert.equal(done.code, 1, done.said());
  assert.deepEqual(secretsIn(done.stdout + done.stderr, [token, password]), [], 'the deploy tells no secret');
  t.diagnostic(`refused with ${done.json<RolloutDetail>().why}`);
  return done.json<RolloutDetail>().id;
}

const evidenceOf = ({ evidence }: RolloutDetail, step: string): EvidenceView[] =>
  evidence.filter((one) => one.step === step);

const checksOf = (rollout: RolloutDetail, step: string): readonly CheckResult[] =>
  evidenceOf(rollout, step).flatMap(({ checks = [] }) => checks);

function tellsItsSteps(rollout: RolloutDetail): void {
  assert.equal(rollout.ending, 'rejected');
  assert.equal(rollout.verdict, 'NO-GO');
  assert.equal(rollout.failedStep, 'verify');
  const done = rollout.steps.filter(({ state }) => state !== 'waiting');
  assert.deepEqual(
    done.map(({ name, state }) => `${name} ${state}`),
    ['preflight ok', 'provision undone', 'reach ok', 'ready ok', 'verify failed'],
  );
  assert.ok(done.every(({ ms }) => ms !== undefined && ms >= 0));
  assert.ok(rollout.startedAt <= (rollout.endedAt ?? 0));
  const [begun, over] = [rollout.events[0], rollout.events.at(-1)];
  assert.deepEqual([begun?.e, over?.e], ['planned', 'ended']);
}

/** What the host was asked before anything was touched, and what it answered. */
function tellsTheHost(rollout: RolloutDetail): void {
  const [host, ...others] = evidenceOf(rollout, 'preflight').filter(({ facts }) => facts);
  assert.deepEqual([host?.from, others], ['this host', []]);
  const { host: address, port } = rollout.front ?? {};
  const said = Object.entries(host?.facts ?? {}).map(([what, answer]) => `${what}: ${answer}`);
  assert.match(said[0] ?? '', new RegExp(`^front ${address}:${port}: can be listened on$`));
  assert.match(said[1] ?? '', /^disk of \/.*: \d+ [MG]B are free, and what instances write needs \d+ MB$/);
  assert.match(said[2] ?? '', /^memory: \d+ [MG]B are free, and 1 more instance may take \d+ [MG]B$/);
  assert.equal(said.length, 3);
}

/** What was checked, from where, when, how long it took, and what answered. */
function tellsItsChecks(rollout: RolloutDetail, reach: string): void {
  const [variable] = checksOf(rollout, 'preflight');
  assert.match(`${variable?.name} ${variable?.from} ${variable?.saw}`, /env TOKEN this host is set/);
  const [reached] = checksOf(rollout, 'reach');
  assert.deepEqual([reached?.name, reached?.verdict, reached?.from], [`reach ${reach}`, 'pass', 'green']);
  const probes = checksOf(rollout, 'ready');
  assert.deepEqual(
    probes.map(({ name, verdict, from }) => [name, verdict, from]),
    [
      ['startup probe', 'pass', 'this host'],
      ['readiness probe', 'pass', 'this host'],
    ],
  );
  const [smoke, ...others] = checksOf(rollout, 'verify');
  assert.deepEqual(others, []);
  assert.ok(smoke);
  const { name, kind, verdict, attempts, from, saw } = smoke;
  assert.deepEqual(
    { name, kind, verdict, attempts, from },
    { name: 'smoke', kind: 'http', verdict: 'fail', attempts: 1, from: 'green' },
  );
  assert.match(saw, /answered 500: broken: •••/);
  assert.ok(smoke.ms > 0);
  for (const { at } of rollout.evidence)
    assert.ok(rollout.startedAt <= at && at <= (rollout.endedAt ?? 0), 'kept while the rollout ran');
  assert.match(JSON.stringify(rollout.findings), /"what":"smoke".*answered 500/);
}

/** What the refused release printed, kept before it was stopped. */
function tellsItsLastWords(rollout: RolloutDetail): void {
  const [log] = evidenceOf(rollout, 'provision');
  assert.equal(log?.undo, 'stop green');
  assert.equal(log?.log?.length, 6, log?.log?.join('\n'));
  for (const line of log?.log ?? []) assert.match(line, /^I was told .*•••/);
}

test('show has everything a NO-GO was decided by, for programs and for people, and no secret in any disguise', async (t) => {
  const sandbox = await makeSandbox(t);
  const reach = await reachable(t);
  const id = await refused(t, sandbox, reach);
  const exported = await sandbox.run(['show', id, '--format', 'json']);
  assert.equal(exported.code, 0, exported.said());
  const rollout = exported.json<RolloutDetail>();
  tellsItsSteps(rollout);
  tellsTheHost(rollout);
  tellsItsChecks(rollout, reach);
  tellsItsLastWords(rollout);

  const told = await sandbox.run(['show', id]);
  assert.match(told.stdout, /^NO-GO {2}site@\w+ → production {3}users stayed on site@/);
  assert.match(
    told.stdout,
    /^✗ verify .*\n {4}\d\d:\d\d:\d\d checks, asked from green\n {6}✗ smoke +.*answered 500/m,
  );
  assert.match(
    told.stdout,
    /^ {4}\d\d:\d\d:\d\d last output, 6 lines, put back: stop green\n {6}\| I was told/m,
  );
  assert.match(
    told.stdout,
    /^✓ preflight .*(\n {4}.*)+\n {4}\d\d:\d\d:\d\d measured, on this host\n {6}front 127\.0\.0\.1:\d+ +can be/m,
  );
  for (const { stdout, stderr } of [exported, told])
    assert.deepEqual(secretsIn(stdout + stderr, [token, password]), []);
  await sandbox.stop();
});

test('a flip keeps the readiness that it asked again, and that what answered was the instance itself', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox, {});
  const good = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(good.code, 0, good.said());
  const [asked, ...others] = checksOf(good.json<RolloutDetail>(), 'flip');
  assert.deepEqual([asked?.name, asked?.verdict, asked?.from], ['readiness probe', 'pass', 'this host']);
  assert.match(asked?.subject ?? '', /^site\.production\.blue\.web\.0\./);
  assert.match(asked?.saw ?? '', /^answered 200, and listens on port \d+ itself$/);
  assert.deepEqual(others, []);
  const facts = evidenceOf(good.json<RolloutDetail>(), 'flip').map((one) => one.facts ?? {});
  assert.equal(Object.assign({}, ...facts)['front of site'], 'a new connection was answered by blue');
  const before = "let fit = true; process.on('SIGUSR2', () => { fit = false; });";
  await writeSite(sandbox, { before, ready: 'fit ? 200 : 503', production: 'approve: { within: 10m }' });
  assert.equal((await sandbox.run(['deploy', 'production', '--no-wait'])).code, 4);
  await makeUnready(sandbox);
  const bad = await sandbox.run(['approve', 'production', '--format', 'json']);
  assert.equal(bad.code, 1, bad.said());
  const rollout = bad.json<RolloutDetail>();
  assert.deepEqual([rollout.failedStep, rollout.findings.length], ['flip', 1]);
  assert.match(rollout.why ?? '', /^0 of 1 instances in green are ready now/);
  assert.match(rollout.findings[0]?.what ?? '', /^readiness probe \(site\.production\.green\.web/);
  assert.match(rollout.findings[0]?.saw ?? '', /^answered 503/);
  await sandbox.stop();
});

/** Tells what will be live next to answer its readiness no from now on, and waits until it does. */
async function makeUnready(sandbox: Sandbox): Promise<void> {
  const [production] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  const [next] = production?.slots.find(({ role }) => role === 'next')?.instances ?? [];
  assert.ok(next?.pid);
  process.kill(next.pid, 'SIGUSR2');
  const { host, port } = next.address;
  while ((await fetch(`http://${host}:${port}/ready`)).status !== 503);
}

test('a release that never becomes ready keeps what it answered last, and its NO-GO says why in one finding', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox, { ready: '503' });
  const bad = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(bad.code, 1, bad.said());
  const rollout = bad.json<RolloutDetail>();
  const asked = checksOf(rollout, 'ready').at(-1);
  assert.deepEqual([asked?.verdict, asked?.from], ['fail', 'this host']);
  assert.match(`${asked?.subject}: ${asked?.saw}`, /^site\.production\.blue\.web\.0\..*: answered 503/);
  const [finding, ...others] = rollout.findings;
  assert.deepEqual([finding?.what, finding?.from, others], ['ready', 'blue', []]);
  assert.match(finding?.saw ?? '', /^an instance in blue did not become ready: answered 503/);
  await sandbox.stop();
});

test('what the host refuses before anything is touched was asked from this host, and is kept', async (t) => {
  const sandbox = await makeSandbox(t);
  const port = Number((await reachable(t)).split(':').at(-1));
  await writeSite(sandbox, { production: `listen: 127.0.0.1:${port}` });
  const bad = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(bad.code, 1, bad.said());
  const { findings, evidence } = bad.json<RolloutDetail>();
  const saw = `cannot listen on 127.0.0.1:${port}: something else listens there`;
  assert.deepEqual(findings, [{ what: 'preflight', from: 'this host', saw }]);
  assert.deepEqual(
    evidence.map(({ facts }) => facts),
    [{ [`front 127.0.0.1:${port}`]: saw }],
  );
  await sandbox.stop();
});

test('a watch keeps what the checks answered and what was printed while users were there, and a NO-GO names the check', async (t) => {
  const sandbox = await makeSandbox(t);
  const yaml = 'checks: [{ name: smoke, get: /check }]';
  await writeSite(sandbox, { yaml, before: "console.log('I start');" });
  const good = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(good.code, 0, good.said());
  const proven = await shown(sandbox, good.json<RolloutDetail>().id);
  const [ready, watched] = checksOf(proven, 'watch');
  assert.deepEqual([ready?.name, ready?.verdict, ready?.from], ['readiness probe', 'pass', 'this host']);
  assert.deepEqual([watched?.name, watched?.verdict, watched?.from], ['smoke', 'pass', 'blue']);
  assert.deepEqual(
    evidenceOf(proven, 'watch').flatMap(({ log = [] }) => log),
    ['I start'],
  );
  // The smoke test is passed once, and never again.
  const fails = { before: 'let asked = 0;', status: `request.url === '/check' && asked++ > 0 ? 500 : 200` };
  await writeSite(sandbox, { yaml, ...fails });
  const bad = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(bad.code, 1, bad.said());
  const rollout = await shown(sandbox, bad.json<RolloutDetail>().id);
  assert.deepEqual([rollout.ending, rollout.failedStep], ['rolled-back', 'watch']);
  const [finding, ...others] = rollout.findings;
  assert.deepEqual([finding?.what, finding?.from, others], ['smoke', 'green', []]);
  assert.match(finding?.saw ?? '', /answered 500/);
  await sandbox.stop();
});

const shown = async (sandbox: Sandbox, id: string): Promise<RolloutDetail> =>
  (await sandbox.run(['show', id, '--format', 'json'])).json<RolloutDetail>();

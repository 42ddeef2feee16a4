import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { specOf } from '../../../../test/suites/runtime-tools.ts';
import type { PoolSpec } from '../ports/runtime.ts';
import { sharedFolders } from './docker/shared.ts';
import { prepare } from './process/ground.ts';
import type { ProcessTools } from './process/tools.ts';

/** What either runtime does before it starts an instance. */
type Make = (shared: string, spec: PoolSpec) => Promise<unknown>;

const image = { id: 'sha256:0', sets: new Set<string>(), ports: [], folder: '/', user: '1234:1234' };
const makes: readonly (readonly [string, Make])[] = [
  ['docker', (shared, spec) => sharedFolders(shared, spec, image)],
  [
    'process',
    (shared, spec) => prepare({ folder: join(shared, '../instances'), shared } as ProcessTools, spec),
  ],
];

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-shared-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

for (const [runtime, make] of makes)
  test(`${runtime}: a link that an earlier release left in a folder it shared leads the agent nowhere`, async (t) => {
    const root = await temporary(t);
    const [shared, elsewhere] = [join(root, 'shared'), join(root, 'elsewhere')];
    const { project, service, environment, host } = specOf('sha256:0').pool.target;
    const data = join(shared, project, service, environment, host, 'data');
    await mkdir(data, { recursive: true });
    await mkdir(elsewhere);
    await mkdir(join(root, 'artifact'));
    await symlink(elsewhere, join(data, 'uploads'));
    const before = await stat(elsewhere);
    for (const path of ['data/uploads', 'data/uploads/new']) {
      const spec = specOf(join(root, 'artifact'), { run: { shared: [path] } });
      await assert.rejects(
        make(shared, spec),
        { code: 'SHARED_UNSAFE', message: /data\/uploads: .*a link/ },
        path,
      );
    }
    assert.deepEqual(await readdir(elsewhere), []);
    assert.equal((await stat(elsewhere)).uid, before.uid);
  });

test('a shared folder may be a link of the administrator’s, to a disk that has room', async (t) => {
  const root = await temporary(t);
  const { project, service, environment, host } = specOf('sha256:0').pool.target;
  const own = join(root, project, service, environment, host);
  await mkdir(own, { recursive: true });
  await mkdir(join(root, 'disk'));
  await symlink(join(root, 'disk'), join(own, 'data'));
  await sharedFolders(root, specOf('sha256:0', { run: { shared: ['data/uploads'] } }), image);
  assert.deepEqual(await readdir(join(root, 'disk')), ['uploads']);
});

test('a folder that lies in one which an earlier release shared is made there', async (t) => {
  const root = await temporary(t);
  await sharedFolders(root, specOf('sha256:0', { run: { shared: ['data'] } }), image);
  const inner = specOf('sha256:0', { run: { shared: ['data/uploads'] } });
  const [[folder = '', at] = []] = await sharedFolders(root, inner, image);
  assert.equal(at, '/data/uploads');
  const { uid, mode } = await stat(folder);
  assert.equal(mode & 0o777, 0o700);
  assert.equal(uid, process.getuid?.() === 0 ? 1234 : process.getuid?.());
});

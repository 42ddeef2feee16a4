import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { filesOf, type Import, importsOf } from './imports.ts';

/** What a room may import: rooms, rooms of which only types, npm packages, and npm packages only by `import()`. */
type Arrows = {
  readonly to: readonly string[];
  readonly types?: readonly string[];
  readonly npm?: readonly string[];
  readonly lazy?: readonly string[];
  /** False for rooms that decide: no clock, no file, no socket. */
  readonly node?: false;
};

// The architecture. Left may import right, and nothing else of ours; what may be imported from everywhere is `common`.
const common = ['errors', 'domain'];
const edge = [...common, 'ports', 'wire', 'system'];
const arrows: Record<string, Arrows> = {
  errors: { to: ['domain'], node: false },
  domain: { to: ['errors'], node: false },
  system: { to: common },
  ports: { to: common, node: false },
  strategies: { to: common, node: false },
  wire: { to: common, npm: ['zod'] },
  steps: { to: [...common, 'ports'] },
  supervise: { to: [...common, 'ports'] },
  engine: { to: [...common, 'ports', 'strategies', 'steps'] },
  runtimes: { to: edge },
  routers: { to: edge },
  stores: { to: edge },
  checks: { to: edge, lazy: ['pg', 'undici'] },
  facts: { to: edge },
  releases: { to: edge, lazy: ['tar-stream'] },
  'runtimes/*/options': { to: common, npm: ['zod'] },
  'routers/*/options': { to: common, npm: ['zod'] },
  'stores/*/options': { to: common, npm: ['zod'] },
  config: { to: [...common, 'system', 'runtimes/*/options', 'routers/*/options'], npm: ['zod', 'yaml'] },
  drivers: { to: common, types: ['ports', 'runtimes', 'routers', 'stores'] },
  assemble: { to: [...common, 'ports', 'engine', 'drivers', 'config', 'system', 'supervise'] },
  proxy: { to: [...common, 'wire', 'system'] },
  keeper: { to: ['errors', 'system'], types: ['wire'] },
  'api/contract': { to: common, types: ['wire'] },
  api: { to: [...edge, 'api/contract'], npm: ['hono', '@hono/node-server'] },
  agent: { to: [...common, 'assemble', 'supervise', 'api', 'api/contract', 'wire', 'system'] },
  cli: {
    to: [
      ...common,
      'api',
      'api/contract',
      'config',
      'assemble',
      'checks',
      'facts',
      'releases',
      'wire',
      'system',
    ],
    npm: ['commander'],
  },
  dashboard: { to: ['api/contract'], node: false },
  health: { to: [] },
};
/** Rooms of the design that later work fills. */
const planned = ['facts', 'dashboard', 'runtimes/*/options', 'routers/*/options', 'stores/*/options'];
/** The one file that names drivers, and how: by `import()`. */
const driverFolders = ['runtimes', 'routers', 'stores', 'checks', 'facts'];

const root = join(import.meta.dirname, '..');
const patterns = ['packages/*/src/**/*.ts', 'packages/gonogo/dashboard/**/*.{ts,tsx}'];
const files = filesOf(root, patterns);
const imports = importsOf(root, patterns);

/** `packages/gonogo/src/routers/nginx/render.ts` → `routers`; files that have a row of their own → that row. */
function roomOf(path: string): string {
  if (path.startsWith('packages/health/')) return 'health';
  if (path.startsWith('packages/gonogo/dashboard/')) return 'dashboard';
  const inside = path.replace(/^packages\/gonogo\/src\//, '').replace(/\.ts$/, '');
  const [room = inside, ...rest] = inside.split('/');
  const options = `${room}/*/options`;
  if (rest.length === 2 && rest[1] === 'options' && options in arrows) return options;
  return inside in arrows ? inside : room;
}

/** `routers/nginx` and `routers/caddy` are drivers of one port and know nothing of each other. */
function isSibling({ from, to }: Import): boolean {
  const driver = /^packages\/gonogo\/src\/(runtimes|routers|stores)\/([^/]+)\//;
  const [mine, theirs] = [driver.exec(from), driver.exec(to)];
  return mine !== null && theirs !== null && mine[1] === theirs[1] && mine[2] !== theirs[2];
}

function isAllowedRoom(found: Import): boolean {
  const [here, there] = [roomOf(found.from), roomOf(found.to)];
  if (here === there) return !isSibling(found);
  if (here === 'drivers' && driverFolders.includes(there) && found.how === 'lazy') return true;
  const { to, types = [] } = arrows[here] ?? { to: [] };
  return to.includes(there) || (found.how === 'types' && types.includes(there));
}

const testTools = ['fast-check', 'ws'];

function isAllowedPackage(found: Import): boolean {
  const { npm = [], lazy = [], node } = arrows[roomOf(found.from)] ?? {};
  const isTest = found.from.endsWith('.test.ts');
  if (isBuiltin(found.to)) return node !== false || isTest;
  if (isTest && [...testTools, ...npm, ...lazy].includes(found.to)) return true;
  return npm.includes(found.to) || (found.how !== 'static' && lazy.includes(found.to));
}

const show = ({ from, to, how }: Import): string => `${from} → ${to} (${how})`;

describe('layers', () => {
  test('the scan finds the files and the imports it is about', () => {
    assert.ok(files.length > 60, `only ${files.length} files`);
    assert.ok(imports.length > (3 * files.length) / 2, `only ${imports.length} imports`);
    assert.ok(imports.some(({ how }) => how === 'types') && imports.some(({ how }) => how === 'static'));
  });

  test('every folder has a row, and every row a folder unless it is planned', () => {
    const rooms = new Set(files.map(roomOf));
    assert.deepEqual(
      [...rooms].filter((room) => !(room in arrows)),
      [],
      'folders without a row',
    );
    const empty = Object.keys(arrows).filter((room) => !rooms.has(room) && !planned.includes(room));
    assert.deepEqual(empty, [], 'rows without a folder');
  });

  test('arrows between rooms run one way', () => {
    const wrong = imports.filter(({ local }) => local).filter((found) => !isAllowedRoom(found));
    assert.deepEqual(wrong.map(show), []);
  });

  test('a room imports only the npm packages of its row, heavy ones by import()', () => {
    const wrong = imports.filter(({ local }) => !local).filter((found) => !isAllowedPackage(found));
    assert.deepEqual(wrong.map(show), []);
  });

  test('an arrow the other way is refused', () => {
    const src = (path: string): string => `packages/gonogo/src/${path}`;
    const arrow = (from: string, to: string, how: Import['how']): boolean =>
      isAllowedRoom({ from: src(from), to: src(to), how, local: true });
    assert.equal(arrow('keeper/main.ts', 'wire/keeper.ts', 'types'), true);
    assert.equal(arrow('keeper/main.ts', 'wire/keeper.ts', 'static'), false);
    assert.equal(arrow('domain/plan.ts', 'ports/router.ts', 'types'), false);
    assert.equal(arrow('routers/nginx/index.ts', 'routers/caddy/render.ts', 'static'), false);
    assert.equal(arrow('drivers.ts', 'routers/nginx/index.ts', 'lazy'), true);
    assert.equal(arrow('drivers.ts', 'routers/nginx/index.ts', 'static'), false);
  });
});

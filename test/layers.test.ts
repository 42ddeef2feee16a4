import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { filesOf, type Import, importsOf } from './imports.ts';

/** What a room may import: rooms, rooms of which only types, npm packages, and heavy ones only by `import()` or as types. */
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
  runtimes: { to: edge, lazy: ['dockerode'] },
  routers: { to: edge },
  stores: { to: edge },
  checks: { to: edge, lazy: ['pg', 'semver'] },
  facts: { to: edge },
  releases: { to: edge, lazy: ['semver'] },
  'runtimes/*/options': { to: common, npm: ['zod'] },
  'routers/*/options': { to: common, npm: ['zod'] },
  'stores/*/options': { to: common, npm: ['zod'] },
  config: { to: [...common, 'system', 'runtimes/*/options', 'routers/*/options'], npm: ['zod', 'yaml'] },
  drivers: { to: common, types: ['ports', 'runtimes', 'routers', 'stores', 'checks', 'facts', 'releases'] },
  assemble: {
    to: [...common, 'ports', 'engine', 'strategies', 'steps', 'supervise', 'drivers', 'config', 'system'],
    types: ['wire'],
  },
  proxy: { to: [...common, 'wire', 'system'] },
  keeper: { to: ['errors', 'system'], types: ['wire'] },
  'api/contract': { to: common, types: ['wire'] },
  api: { to: [...edge, 'api/contract'], npm: ['hono'], lazy: ['@hono/node-server', 'zod'] },
  agent: { to: [...common, 'assemble', 'supervise', 'api', 'api/contract', 'wire', 'system'] },
  /** Has the stores opened while everything else of it is loaded. */
  'agent/main': { to: ['agent', 'api', 'drivers', 'system'] },
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
    types: ['ports'],
    npm: ['commander'],
  },
  dashboard: { to: ['api/contract'], node: false },
  health: { to: [] },
};
/** Rooms of the design that later work fills. */
const planned = ['facts', 'dashboard', 'routers/*/options', 'stores/*/options'];
/** The one file that names drivers, and how: by `import()`. */
const driverFolders = ['runtimes', 'routers', 'stores', 'checks', 'facts', 'releases'];

const root = join(import.meta.dirname, '..');
const patterns = ['packages/*/src/**/*.ts', 'packages/gonogo/dashboard/**/*.{ts,tsx}'];
// Tests put real parts together; the arrows are about what ships.
const ships = (path: string): boolean => !path.endsWith('.test.ts');
const files = filesOf(root, patterns).filter(ships);
const imports = importsOf(root, patterns).filter(({ from }) => ships(from));

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
  if (here === there || there === `${here}/*/options`) return !isSibling(found);
  if (here === 'drivers' && driverFolders.includes(there) && found.how === 'lazy') return true;
  const { to, types = [] } = arrows[here] ?? { to: [] };
  return to.includes(there) || (found.how === 'types' && types.includes(there));
}

function isAllowedPackage(found: Import): boolean {
  const { npm = [], lazy = [], node } = arrows[roomOf(found.from)] ?? {};
  if (isBuiltin(found.to)) return node !== false || found.how === 'types';
  const name = packageOf(found.to);
  return npm.includes(name) || (found.how !== 'static' && lazy.includes(name));
}

/** `hono/body-limit` → `hono`, `@hono/node-server/x` → `@hono/node-server` */
const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

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
    const empty = Object.keys(arrows).filter((room) => !rooms.has(room));
    assert.deepEqual(
      empty.sort(),
      [...planned].sort(),
      'rows without a folder are the planned ones, and no others',
    );
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

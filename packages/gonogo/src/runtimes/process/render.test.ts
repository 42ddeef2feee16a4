import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specOf } from '../../../../../test/suites/runtime-tools.ts';
import { placeOf } from '../labels.ts';
import { addressOf, placeIn, renderLaunch } from './render.ts';

const spec = specOf('/releases/a', { values: { PORT: '1', GONOGO_X: 'no', HOST: '0.0.0.0', B: 'b' } });
const berth = {
  id: 'key',
  index: 1,
  port: 20_001,
  restarts: 2,
  inARow: 0,
  cwd: '/releases/a',
  home: '/home',
  output: '/out.log',
};

test('a launch is rendered whole', () => {
  const launch = renderLaunch(spec, berth, { program: '/opt/node/bin/node', execPath: '/opt/node/bin/node' });
  assert.deepEqual(launch, {
    key: 'key',
    argv: ['/opt/node/bin/node', 'server.js'],
    cwd: '/releases/a',
    env: {
      PATH: '/releases/a/node_modules/.bin:/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/home',
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      HOST: '0.0.0.0',
      B: 'b',
      PORT: '20001',
      GONOGO_SERVICE: 'shop',
      GONOGO_ENVIRONMENT: 'production',
      GONOGO_SLOT: 'blue',
      GONOGO_RELEASE: 'shop@9f3c2a1',
      GONOGO_REVISION: '9f3c2a1.0badcafe',
      GONOGO_INSTANCE: 'web-1',
      GONOGO_LAUNCH: 'key',
      GONOGO_ADDRESS: '127.0.0.1:20001',
    },
    output: '/out.log',
    listeners: [],
    respawn: false,
    labels: {
      kind: 'instance',
      project: 'acme',
      service: 'shop',
      environment: 'production',
      on: 'local',
      slot: 'blue',
      role: 'web',
      revision: '9f3c2a1.0badcafe',
      host: '127.0.0.1',
      index: '1',
      port: '20001',
      grace: '5000',
      restarts: '2',
      in_a_row: '0',
    },
  });
});

test('labels tell the place again, and those of others tell nothing', () => {
  const { labels } = renderLaunch(spec, berth, { program: 'x', execPath: '/x' });
  assert.deepEqual(placeOf(labels), placeIn(spec, berth));
  assert.equal(placeOf({ kind: 'proxy' }), undefined);
});

test('an IPv6 address is written in brackets', () => {
  assert.equal(addressOf('::1', 80), '[::1]:80');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specOf } from '../../../../../test/suites/runtime-tools.ts';
import { containerPlace } from './labels.ts';
import { DockerOptions } from './options.ts';
import { placeIn, renderContainer } from './render.ts';

const options = DockerOptions.parse({});
const image = `sha256:${'a'.repeat(64)}`;
const berth = {
  id: 'shop.production.blue.web.1.x',
  index: 1,
  port: 20_001,
  inner: 3000,
  inARow: 0,
  restarts: 2,
  owner: '0123',
  shared: new Map([['/state/uploads', '/app/uploads']]),
  imageSets: new Set(['TZ']),
};

test('a container is rendered whole', () => {
  const spec = specOf(image, {
    rollout: 'shop-production-k3v9qa2x',
    values: { PORT: '1', GONOGO_X: 'no', B: 'b' },
    run: {
      command: ['node', 'server.js'],
      memory: 64e6,
      cpus: 0.5,
      user: '1000:1000',
      networks: ['back', 'db'],
      shared: ['uploads'],
    },
  });
  assert.deepEqual(renderContainer(spec, berth, options), {
    name: 'shop.production.blue.web.1.x',
    Image: image,
    Entrypoint: ['node', 'server.js'],
    Cmd: [],
    User: '1000:1000',
    Env: [
      'LANG=C.UTF-8',
      'HOST=0.0.0.0',
      'PORT=3000',
      'B=b',
      'GONOGO_SERVICE=shop',
      'GONOGO_ENVIRONMENT=production',
      'GONOGO_SLOT=blue',
      'GONOGO_RELEASE=shop@9f3c2a1',
      'GONOGO_REVISION=9f3c2a1.0badcafe',
      'GONOGO_INSTANCE=web-1',
      'GONOGO_LAUNCH=shop.production.blue.web.1.x',
      'GONOGO_ADDRESS=127.0.0.1:20001',
    ],
    ExposedPorts: { '3000/tcp': {} },
    Labels: {
      'gonogo.kind': 'instance',
      'gonogo.project': 'acme',
      'gonogo.service': 'shop',
      'gonogo.environment': 'production',
      'gonogo.on': 'local',
      'gonogo.slot': 'blue',
      'gonogo.role': 'web',
      'gonogo.revision': '9f3c2a1.0badcafe',
      'gonogo.host': '127.0.0.1',
      'gonogo.index': '1',
      'gonogo.port': '20001',
      'gonogo.grace': '5000',
      'gonogo.restarts': '2',
      'gonogo.in_a_row': '0',
      'gonogo.inner': '3000',
      'gonogo.owner': '0123',
      'gonogo.release': 'shop@9f3c2a1',
      'gonogo.rollout': 'shop-production-k3v9qa2x',
    },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      Memory: 64e6,
      MemorySwap: 64e6,
      NanoCpus: 500_000_000,
      Init: true,
      NetworkMode: 'back',
      PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '20001' }] },
      ExtraHosts: ['host.docker.internal:host-gateway'],
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,nosuid,nodev,mode=1777' },
      Mounts: [{ Type: 'bind', Source: '/state/uploads', Target: '/app/uploads' }],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10485760', 'max-file': '4' } },
    },
  });
});

test('an image keeps its own command, and its files can be made writable', () => {
  const spec = specOf(image, { run: { command: [], readOnly: false } });
  const body = renderContainer(spec, berth, options);
  assert.equal('Entrypoint' in body || 'Cmd' in body || 'User' in body, false);
  assert.equal(body.HostConfig?.ReadonlyRootfs, false);
  assert.equal(body.HostConfig?.Tmpfs, undefined);
  assert.equal(body.HostConfig?.NetworkMode, 'bridge');
});

test('labels tell the place again; those of another owner, and what an image says of itself, tell nothing', () => {
  const spec = specOf(image);
  const { Labels = {} } = renderContainer(spec, berth, options);
  assert.deepEqual(containerPlace({ ...Labels, 'gonogo.team': 'x' }, '0123'), placeIn(spec, berth));
  assert.equal(containerPlace(Labels, '4567'), undefined);
  assert.equal(containerPlace({ 'gonogo.owner': '0123' }, '0123'), undefined);
});

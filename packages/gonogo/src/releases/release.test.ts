import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Artifact, Manifest } from '../domain/release.ts';
import { makeRelease } from './release.ts';

const bundle = (digit: string): Artifact => ({ kind: 'bundle', digest: `sha256:${digit.repeat(64)}` });
const artifact = bundle('1');
const manifest: Manifest = {
  service: 'shop',
  run: { command: ['node', 'server.js'], replicas: 1, grace: 1000, shared: [] },
  contract: { env: {}, reach: [] },
  health: {
    startup: { get: 'tcp', every: 1, timeout: 1, failures: 1, successes: 1 },
    ready: { get: 'tcp', every: 1, timeout: 1, failures: 1, successes: 1 },
  },
  checks: [],
};

test('a release’s digest covers its artifact and its manifest, and not the order of keys', () => {
  const release = makeRelease(manifest, artifact);
  assert.match(release.digest, /^sha256:[0-9a-f]{64}$/);
  const turned = Object.fromEntries(Object.entries(manifest).reverse()) as Manifest;
  assert.equal(makeRelease(turned, artifact).digest, release.digest);
  assert.notEqual(makeRelease(manifest, bundle('2')).digest, release.digest);
  const other = { ...manifest, run: { ...manifest.run, replicas: 2 } };
  assert.notEqual(makeRelease(other, artifact).digest, release.digest);
  assert.notEqual(release.digest, artifact.digest);
});

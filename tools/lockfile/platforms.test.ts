import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPlatforms, platformOf } from './platforms.ts';

test('a package for a platform says in its name for which', () => {
  assert.deepEqual(platformOf('@biomejs/cli-linux-arm64-musl'), {
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
  });
  assert.deepEqual(platformOf('@oxc-parser/binding-win32-x64-msvc'), { os: ['win32'], cpu: ['x64'] });
  assert.deepEqual(platformOf('@oxc-parser/binding-linux-arm-musleabihf').libc, ['musl']);
  assert.throws(() => platformOf('left-pad'), /does not say/);
});

test('what a lockfile names but does not lock is missing, what it locks is not', () => {
  const tool = { dev: true, optionalDependencies: { 'tool-linux-x64': '1.0.0', 'tool-darwin-x64': '1.0.0' } };
  const packages = { 'node_modules/tool': tool, 'node_modules/tool-linux-x64': { version: '1.0.0' } };
  assert.deepEqual(missingPlatforms(packages), {
    'node_modules/tool-darwin-x64': {
      version: '1.0.0',
      os: ['darwin'],
      cpu: ['x64'],
      dev: true,
      optional: true,
    },
  });
});

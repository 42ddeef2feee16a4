import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { ObservedInstance } from '../ports/runtime.ts';
import { explainEnd } from './explain.ts';

const ended = (code: number): ObservedInstance => ({
  id: 'web-0',
  address: '127.0.0.1',
  port: 4711,
  state: { is: 'ended', code, signal: null, at: 0 },
  since: 0,
  restarts: 0,
});

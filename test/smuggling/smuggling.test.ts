import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { needs } from '../require.ts';
import { type ProxyProcess, startProxy } from '../suites/proxy-process.ts';
import { play } from './judge.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { type Behind, upstreams } from './upstreams.ts';
import type { Vector } from './vector.ts';
import { chunks } from './vectors/chunks.ts';
import { codings } from './vectors/codings.ts';
import { fields } from './vectors/fields.ts';
import { hosts } from './vectors/hosts.ts';
import { lengths } from './vectors/lengths.ts';
import { lines } from './vectors/lines.ts';
import { sequences } from './vectors/sequences.ts';

const table: Readonly<Record<string, readonly Vector[]>> = {
  ...{ lengths, codings, chunks, 'request lines': lines, fields, hosts, sequences },
};
const vectors = Object.values(table).flat();

test('the table holds at least 120 vectors, each with a name of its own', () => {
  assert.ok(vectors.length >= 120, `${vectors.length}`);
  assert.equal(new Set(vectors.map(({ name }) => name)).size, vectors.length);
});

for (const kind of ['node', 'nginx', 'haproxy'] as const) {
  describe(`before ${kind}`, { skip: kind !== 'node' && needs(kind) }, () => {
    let proxy: ProxyProcess;
    let recorder: Recorder;
    let behind: Behind;
    before(async () => {
      [proxy, recorder] = [await startProxy(), await startRecorder()];
      behind = await upstreams[kind](recorder.port);
      await proxy.serve(behind.port);
    });
    after(() => Promise.all([proxy?.close(), behind?.close(), recorder?.close()]));

    for (const [name, group] of Object.entries(table)) {
      test(`nothing is read otherwise than the table of ${name} says`, async () => {
        const wrong: string[] = [];
        for (const vector of group) {
          for (const what of await play(vector, { proxy, recorder, kind }))
            wrong.push(`${vector.name}: ${what}`);
        }
        assert.deepEqual(wrong, []);
      });
    }
  });
}

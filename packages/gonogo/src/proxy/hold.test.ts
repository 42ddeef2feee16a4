import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asked } from './claim.ts';
import { limits } from './limits.ts';
import { LiveRoute } from './live-route.ts';

const asked: Asked = { host: 'a', path: '/', field: () => undefined, remote: '127.0.0.1', port: 80 };

test('who waits is let go when the time of the hold it came to is over, though another one has begun', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const route = new LiveRoute('t', limits);
  const gone: string[] = [];
  const come = (name: string): void => {
    const held = route.claim(asked, false);
    assert.ok(held && 'held' in held);
    held.onAdmitted(() => gone.push(name));
  };
  route.hold({ atMost: 3, within: 1_000 });
  come('first');
  t.mock.timers.tick(900);
  route.hold({ atMost: 3, within: 1_000 });
  come('second');
  assert.equal(route.held, 2);
  t.mock.timers.tick(100);
  assert.deepEqual([gone, route.held], [['first'], 1]);
  route.hold({ atMost: 2, within: 100 });
  come('third');
  assert.equal(route.claim(asked, false), undefined, 'as many wait as may, whenever they came');
  t.mock.timers.tick(100);
  assert.deepEqual(gone, ['first', 'second', 'third'], 'a shorter one holds nobody for longer');
  assert.equal(route.claim(asked, false), undefined, 'nobody is held any more');
});

test('who waits is read on while there is room for what comes, and gives its room back', () => {
  const route = new LiveRoute('t', { ...limits, heldBytes: 160 });
  const come = () => {
    const held = route.claim(asked, false);
    assert.ok(held && 'held' in held);
    return held;
  };
  route.hold({ atMost: 100, within: 60_000 });
  const [first, second] = [come(), come()];
  assert.deepEqual(
    [first.keeps(4), first.keeps(10), first.keeps(11)],
    [true, true, false],
    'a sixteenth each',
  );
  assert.deepEqual([second.keeps(10), second.keeps(10)], [true, true], 'it is counted once');
  const others = Array.from({ length: 14 }, () => come());
  assert.ok(others.every((one) => one.keeps(10)));
  route.hold({ atMost: 100, within: 60_000 });
  const late = come();
  assert.equal(late.keeps(1), false, 'who came to the hold before takes room still');
  first.leave();
  first.leave();
  assert.deepEqual([late.keeps(10), come().keeps(1)], [true, false]);
  route.release();
});

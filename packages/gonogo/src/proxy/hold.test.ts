import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asked, Held } from './claim.ts';
import { limits } from './limits.ts';
import { LiveRoute } from './live-route.ts';
import { Routes } from './routes.ts';
import { published } from './table.ts';

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

const few = { ...limits, heldBytes: 160 };

/** Makes requests of a route wait, and answers who comes next. */
function holding(route: LiveRoute): () => Held {
  route.hold({ atMost: 100, within: 60_000 });
  return () => {
    const held = route.claim(asked, false);
    assert.ok(held && 'held' in held);
    return held;
  };
}

test('who waits is read on while there is room for what comes, and gives its room back', (t) => {
  const route = new LiveRoute('t', few);
  t.after(() => route.release());
  const come = holding(route);
  const [first, second] = [come(), come()];
  assert.deepEqual([first.keeps(4), first.keeps(10)], [true, true]);
  assert.deepEqual([second.keeps(10), second.keeps(10)], [true, true], 'it is counted once');
  assert.ok(Array.from({ length: 14 }, come).every((one) => one.keeps(10)));
  const late = come();
  assert.equal(late.keeps(1), false);
  first.leave();
  first.leave();
  assert.deepEqual([late.keeps(10), come().keeps(1)], [true, false]);
});

test('no request that waits takes more than a sixteenth of the room', (t) => {
  const route = new LiveRoute('t', few);
  t.after(() => route.release());
  const one = holding(route)();
  assert.deepEqual([one.keeps(10), one.keeps(11)], [true, false]);
});

test('what came all the same takes room too, as it does when a body ends with it', (t) => {
  const route = new LiveRoute('t', few);
  t.after(() => route.release());
  const come = holding(route);
  assert.equal(come().keeps(155), false);
  assert.deepEqual([come().keeps(5), come().keeps(1)], [true, false]);
});

test('a hold that follows another one has no room of its own, and those of the first none that the second took', (t) => {
  const route = new LiveRoute('t', few);
  t.after(() => route.release());
  const first = holding(route)();
  const come = holding(route);
  assert.ok(Array.from({ length: 16 }, come).every((one) => one.keeps(10)));
  assert.equal(first.keeps(1), false);
});

test('those who wait for different targets share the room of their proxy', (t) => {
  const routes = new Routes(few);
  routes.serve(published(published([], 'a', {}), 'b', {}));
  const [a, b] = [routes.route('a'), routes.route('b')];
  assert.ok(a && b);
  t.after(() => {
    a.release();
    b.release();
  });
  assert.ok(Array.from({ length: 16 }, holding(a)).every((one) => one.keeps(10)));
  assert.equal(holding(b)().keeps(1), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeAddress } from '../../../../test/suites/addresses.ts';
import { routerHost } from '../../../../test/suites/router-host.ts';
import { newTarget, shift, tell } from '../../../../test/suites/router-tools.ts';
import { all } from '../domain/split.ts';
import { isProblem } from '../errors.ts';
import { chooseFront } from './front.ts';

test('a front moves as long as nobody is served there, as after a first release that went back', async (t) => {
  const host = await routerHost();
  t.after(host.close);
  const { router } = host;
  const [target, current, listen] = [newTarget(), await freeAddress(), await freeAddress()];
  assert.deepEqual(await chooseFront(router, { target, listen, current }), listen);
  await router.publish(target, { listen: current });
  assert.deepEqual(await chooseFront(router, { target, listen, current }), listen);
  assert.deepEqual(await chooseFront(router, { target, current }), current);
  await tell(router, target, { slot: 'blue', ports: [1] });
  await shift(router, target, all('blue'));
  await assert.rejects(chooseFront(router, { target, listen, current }), (error) =>
    isProblem(error, 'NOT_SUPPORTED'),
  );
  assert.deepEqual(await chooseFront(router, { target, listen: current, current }), current);
});

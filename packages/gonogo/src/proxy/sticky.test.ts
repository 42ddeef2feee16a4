import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, placeOf, placeOfId, setCookie } from './sticky.ts';

test('a client is found again by its cookie, whatever stands beside it', () => {
  const id = newId();
  for (const cookies of [`slot=${id}`, `a=1; slot=${id}`, `xslot=no; slot=${id}; b=2`, `;; slot=${id} ;`]) {
    assert.equal(placeOf(cookies, 'slot'), placeOfId(id), cookies);
  }
  for (const cookies of [undefined, '', 'slot', 'slot=', `slots=${id}`, 'slot=<script>', `slot=${id}x`]) {
    assert.equal(placeOf(cookies, 'slot'), undefined, cookies);
  }
});

test('ids spread evenly', () => {
  const below = Array.from({ length: 10_000 }, () => placeOfId(newId())).filter((place) => place < 0.1);
  // 1,000 are expected, with a standard deviation of 30.
  assert.ok(below.length > 800 && below.length < 1200, `${below.length} of 10,000`);
});

test('the cookie cannot be read by scripts, and stays on encrypted connections where there are any', () => {
  assert.equal(setCookie({ cookie: 'slot' }, 'x', false), 'slot=x; Path=/; HttpOnly; SameSite=Lax');
  assert.equal(
    setCookie({ cookie: 'slot', seconds: 60 }, 'x', true),
    'slot=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
  );
});

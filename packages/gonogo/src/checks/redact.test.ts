import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { redact, redactor } from './redact.ts';

const canary = 'pä$$w0rd/+ "x"&<y>\\z';

/** Every way in which the canary may travel, and what then must not be found. */
const encodings: Record<string, (secret: string) => string> = {
  raw: (s) => s,
  base64: (s) => Buffer.from(s).toString('base64'),
  base64url: (s) => Buffer.from(s).toString('base64url'),
  percent: (s) => encodeURIComponent(s),
  form: (s) => new URLSearchParams({ s }).toString().slice(2),
  json: (s) => JSON.stringify(s).slice(1, -1),
  'json in json': (s) => JSON.stringify(JSON.stringify(s)).slice(3, -3),
  'printed by console.log(process.env)': (s) => inspect({ s }, { breakLength: Infinity }).slice(6, -3),
  hex: (s) => Buffer.from(s).toString('hex'),
  'basic authorization': (s) => Buffer.from(`me:${s}`).toString('base64'),
  'base64 in the middle': (s) => Buffer.from(`a${s}bc`).toString('base64'),
};

for (const [name, encode] of Object.entries(encodings)) {
  test(`a secret does not survive as ${name}`, () => {
    const out = redactor([canary])(`before ${encode(canary)} after`);
    assert.match(out, /^before .*•••.* after$/s);
    assert.ok(!out.includes(encode(canary)));
    assert.ok(out.length < 30, out);
  });
}

const secret = fc.string({ minLength: 4, maxLength: 40, unit: 'binary' });
const noise = fc.string({ maxLength: 20 });

test('a secret with every kind of quote does not survive the printing of an environment', () => {
  for (const secret of ['back`tick"both\'\\x', "it's\\x", 'say "x"\'\ty\u001b', 'two\nlines\'"`']) {
    for (const printed of [inspect({ secret }), inspect([secret]), inspect(`at ${secret} it's \`"`)]) {
      assert.doesNotMatch(redact(printed, [secret]), /tick|it.{0,2}s.{0,3}x|say|lines/, printed);
    }
  }
});

test('no canary survives in any encoding, between whatever stands around it', () => {
  fc.assert(
    fc.property(
      secret,
      noise,
      noise,
      fc.constantFrom(...Object.keys(encodings)),
      (canary, before, after, name) => {
        const encoded = encodings[name]?.(canary) ?? '';
        const out = redactor([canary])(before + encoded + after);
        assert.ok(!out.includes(encoded), `${name}: ${JSON.stringify(out)}`);
        assert.ok(out.includes('•••'));
      },
    ),
    { numRuns: 2000 },
  );
});

test('of secrets that overlap or hold one another nothing is left', () => {
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), fc.nat(), (secrets, seed) => {
      const joined = secrets.map((one, i) => (i % 2 === seed % 2 ? one : one.slice(1))).join('');
      const out = redactor(secrets)(secrets.join('') + joined);
      for (const one of secrets) assert.ok(!out.includes(one), JSON.stringify({ secrets, out }));
    }),
  );
  assert.equal(redactor(['abcdef', 'defghi', 'cde'])('xabcdefghix'), 'x•••x');
});

test('a text without secrets stays as it is', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(redactor([])(text), text)));
  assert.equal(redactor([''])('abc'), 'abc');
  assert.equal(redactor(['hunter2'])('nothing to see'), 'nothing to see');
});

test('one text at a time is redacted like many', () => {
  const secrets = ['hunter2'];
  assert.equal(redact('a hunter2 b', secrets), 'a ••• b');
  assert.equal(redact('hunter2hunter2', secrets), '••••••');
});

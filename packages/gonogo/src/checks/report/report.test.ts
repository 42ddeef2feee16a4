import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckResult } from '../../domain/check.ts';
import { github } from './github.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { pretty } from './pretty.ts';
import type { Report } from './report.ts';
import { tap } from './tap.ts';

const result = (name: string, more: Partial<CheckResult>): CheckResult => ({
  ...{
    name,
    kind: 'http',
    verdict: 'pass',
    ms: 12.3,
    attempts: 1,
    flaky: false,
    from: 'this machine',
    saw: 'answered 200',
  },
  ...more,
});

const mixed: Report = {
  subject: 'shop → production',
  decision: 'NO-GO',
  results: [
    result('env DATABASE_URL', { kind: 'env', saw: 'is set', ms: 0.1 }),
    result('reach tcp://prod-db-cluster-01:5432', {
      ...{
        kind: 'tcp',
        verdict: 'fail',
        failure: 'timeout',
        saw: 'no answer in 3 s',
        ms: 3001,
        from: 'green',
      },
      hint: 'The name resolves; nothing answers: most likely a firewall rule.',
    }),
    result('status', { attempts: 3, flaky: true }),
    result('LOG_LEVEL, 100% "odd" <name> # skip', {
      ...{ kind: 'env', verdict: 'warn', failure: 'suspicious', saw: 'is set: "x\u0007y"\nsecond line' },
      hint: 'trim it & go',
    }),
    result('suite', {
      kind: 'run',
      verdict: 'unknown',
      failure: 'aborted',
      saw: 'stopped before it was answered',
      ms: 90_000,
    }),
    result(']]> ::error::injected', { saw: 'a\n::error::injected\r\n# b' }),
  ],
};
const good: Report = { subject: 'shop', decision: 'GO', results: [result('GET /', {})] };
const none: Report = { subject: 'shop', decision: 'NO-GO', results: [] };

const formats = {
  'pretty.txt': (report: Report) => pretty(report, { colour: false }),
  'colour.txt': (report: Report) => pretty(report, { colour: true }),
  'report.json': json,
  'junit.xml': junit,
  'tap.txt': tap,
  'github.txt': github,
};

for (const [file, render] of Object.entries(formats)) {
  test(`a report as ${file} is as it always was`, async () => {
    const text = [mixed, good, none].map(render).join('----\n');
    const path = join(import.meta.dirname, 'golden', file);
    if (process.env.GONOGO_GOLDEN === 'write') await writeFile(path, text);
    assert.equal(text, await readFile(path, 'utf8'));
  });
}

test('no format lets a result begin a line of its own', () => {
  assert.doesNotMatch(github(mixed), /^::error::injected/m);
  assert.doesNotMatch(tap(mixed), /^(not )?ok .*[^\\]# skip/m);
});

import { test } from 'node:test';
import { runModel } from './model/run.ts';

test('whatever is asked in whatever order, users are answered as the model says, and nothing is orphaned', async (t) => {
  await runModel(t, { runs: 3, commands: 9, seed: 1, within: 60_000, say: (line) => t.diagnostic(line) });
});

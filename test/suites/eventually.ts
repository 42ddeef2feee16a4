import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `question` answers something; fails after 20 s, which on a busy machine is still plenty. */
export async function eventually<T>(
  what: string,
  question: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    assert.ok(performance.now() < deadline, `${what} did not come true in 20 s`);
    await sleep(20);
  }
}

import { probeSpec } from '../domain/probe.ts';
import { secretsOf } from '../domain/secrets.ts';
import type { Millis } from '../domain/units.ts';
import type { Vantage } from '../ports/vantage.ts';
import { next, type ProbeName, probesIn } from './instance.ts';
import { serving } from './members.ts';
import type { Supervision } from './supervision.ts';
import { change, healthOf, type Watched } from './watched.ts';

const here: Vantage = { from: 'this host', values: {}, cwd: '/' };

/** An answer that takes longer than its period is looked for this often. */
const slow: Millis = 100;

/** Asks every probe that is due, without waiting for answers; answers when the next one is. */
export function askDue(supervision: Supervision): Millis {
  const now = supervision.tools.clock.mono();
  let soonest = Number.POSITIVE_INFINITY;
  for (const watched of supervision.watched.values()) {
    // A worker listens on nothing that could be asked: it is up while it runs.
    if (watched.wanted.spec.pool.role !== serving) continue;
    for (const name of probesIn(watched.condition, healthOf(watched))) {
      if (watched.asking.has(name)) {
        soonest = Math.min(soonest, Math.max(watched.due.get(name) ?? now, now + slow));
        continue;
      }
      if ((watched.due.get(name) ?? now) <= now) void ask(supervision, watched, name);
      soonest = Math.min(soonest, watched.due.get(name) ?? now);
    }
  }
  return soonest;
}

/** One question at a time of each name: a slow answer is not overtaken by the next question. */
async function ask(supervision: Supervision, watched: Watched, name: ProbeName): Promise<void> {
  const { tools, signal, wake } = supervision;
  const health = healthOf(watched);
  const probe = health[name];
  if (!probe) return;
  watched.asking.add(name);
  watched.due.set(name, tools.clock.mono() + probe.every);
  try {
    const { values, manifest } = watched.wanted.spec;
    const spec = probeSpec(name, probe, watched.instance);
    const [result] = await tools.checks.run([spec], here, {
      secrets: secretsOf(values, manifest.contract),
      signal,
    });
    if (signal.aborted || !result) return;
    const before = watched.condition;
    change(supervision, watched, next(before, { probe: name, pass: result.verdict === 'pass' }, health));
    if (watched.condition.is !== before.is) wake();
  } finally {
    watched.asking.delete(name);
  }
}

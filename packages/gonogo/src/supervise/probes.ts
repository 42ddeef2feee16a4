import { delayLeft } from '../domain/probe.ts';
import type { Probe } from '../domain/release.ts';
import { secretsOf } from '../domain/secrets.ts';
import type { Millis } from '../domain/units.ts';
import { askProbe } from '../ports/probe.ts';
import { next, type ProbeName, probesIn } from './instance.ts';
import type { Supervision } from './supervision.ts';
import { change, healthOf, takesTraffic, type Watched } from './watched.ts';

/** An answer that takes longer than its period is looked for this often. */
const slow: Millis = 100;

/** Asks every probe that is due, without waiting for answers; answers when the next one is. */
export function askDue(supervision: Supervision): Millis {
  const now = supervision.tools.clock.mono();
  let soonest = Number.POSITIVE_INFINITY;
  for (const watched of supervision.watched.values()) {
    if (watched.lost || !takesTraffic(watched.wanted)) continue;
    const health = healthOf(watched);
    for (const name of probesIn(watched.condition, health)) {
      const probe = health[name];
      if (probe) soonest = Math.min(soonest, askIfDue(supervision, watched, { name, probe, now }));
    }
  }
  return soonest;
}

type Question = { readonly name: ProbeName; readonly probe: Probe; readonly now: Millis };

/** One question at a time of each name: a slow answer is not overtaken by the next question. */
function askIfDue(supervision: Supervision, watched: Watched, question: Question): Millis {
  const { name, probe, now } = question;
  const due = watched.due.get(name) ?? firstDue(supervision, watched, question);
  if (watched.asking.has(name)) return Math.max(due, now + slow);
  if (due > now) return due;
  watched.due.set(name, now + probe.every);
  void ask(supervision, watched, question);
  return now + probe.every;
}

function firstDue(
  { tools }: Supervision,
  { due, instance }: Watched,
  { name, probe, now }: Question,
): Millis {
  const { state } = instance;
  const first = now + (state.is === 'running' ? delayLeft(probe, state.startedAt, tools.clock.wall()) : 0);
  due.set(name, first);
  return first;
}

async function ask(supervision: Supervision, watched: Watched, { name, probe }: Question): Promise<void> {
  const { tools, wake } = supervision;
  const { values, manifest } = watched.wanted.spec;
  const { signal } = watched.over;
  watched.asking.add(name);
  try {
    const secrets = secretsOf(values, manifest.contract);
    const { verdict, scope } = await askProbe(tools, watched.instance, {
      name,
      probe,
      signal,
      values,
      secrets,
    });
    if (signal.aborted) return;
    const before = watched.condition;
    const sign = { probe: name, pass: verdict === 'pass', shared: scope === 'shared' };
    change(supervision, watched, next(before, sign, manifest.health));
    if (watched.condition.is !== before.is) wake();
  } catch (error) {
    if (!signal.aborted) tools.log.warn(`${watched.id} cannot be asked: ${String(error)}`);
  } finally {
    watched.asking.delete(name);
  }
}

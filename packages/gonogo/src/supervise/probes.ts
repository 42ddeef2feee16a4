import { delayLeft } from '../domain/probe.ts';
import type { Probe } from '../domain/release.ts';
import { secretsOf } from '../domain/secrets.ts';
import type { Millis } from '../domain/units.ts';
import { askProbe } from '../ports/probe.ts';
import { next, type ProbeName, probesIn } from './instance.ts';
import type { Supervision, Wanted } from './supervision.ts';
import { change, healthOf, takesTraffic, type Watched } from './watched.ts';

/** An answer that takes longer than its period is looked for this often. */
const slow: Millis = 100;

/** What is due this soon is asked with what is due now: to wake up for each question costs more than to ask it. */
const soon = ({ every }: Probe): Millis => Math.min(every / 10, 250);

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
  if (due - soon(probe) > now) return due;
  void ask(supervision, watched, question);
  // The second question comes at some time within the period: what was started together is not asked together for ever.
  const next = now + probe.every * (watched.asked.has(name) ? 1 : supervision.tools.random());
  watched.asked.add(name);
  watched.due.set(name, next);
  return next;
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
    const secrets = secretsIn(watched.wanted);
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

const known = new WeakMap<Wanted, readonly string[]>();

/** Looked for once: to find secrets in a text is made ready for each list of them. */
function secretsIn(wanted: Wanted): readonly string[] {
  const { values, manifest } = wanted.spec;
  const secrets = known.get(wanted) ?? secretsOf(values, manifest.contract);
  known.set(wanted, secrets);
  return secrets;
}

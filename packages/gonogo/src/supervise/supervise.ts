import { type ScaleStatus, scalePeriod } from '../domain/scaling.ts';
import { poolKey, type SlotName, slotKey } from '../domain/slot.ts';
import type { Target } from '../domain/target.ts';
import type { Millis } from '../domain/units.ts';
import type { InstanceId } from '../ports/runtime.ts';
import { followLoad, restOrFollow, scaleStatuses } from './follow-load.ts';
import { tellMembers } from './members.ts';
import { askDue } from './probes.ts';
import { repair } from './repair.ts';
import { type Report, reportOf } from './report.ts';
import type { Supervision, SupervisorTools, Wanted } from './supervision.ts';
import { drop, reconcile } from './watched.ts';

export type { Report } from './report.ts';
export type { Wanted } from './supervision.ts';

export type Supervisor = {
  /**
   * The pools to look after from now on, instead of those before. A pool that is taken off is not stopped, and nothing
   * is done to it any more: take it off before something else stops it. `scaling` is the slot whose pools may follow
   * their load; absent: all keep their size.
   */
  want(pools: readonly Wanted[], scaling?: SlotName): void;
  /** What is known of the pools whose load decides how large they are, by pool. */
  scales(): ReadonlyMap<string, ScaleStatus>;
  /** What it knows now. */
  report(): Report;
  /** Ends the supervision; instances run on, and the router keeps its members. */
  stop(): Promise<void>;
};

/** However quiet it is, the world is looked at this often. */
const lookEvery: Millis = 5000;

/** Keeps a target's pools alive and their healthy instances in the router's membership. */
export function supervise(tools: SupervisorTools, target: Target): Supervisor {
  const stopping = new AbortController();
  const alarm = makeAlarm();
  const supervision: Supervision = {
    tools: { random: Math.random, scaleEvery: scalePeriod, ...tools },
    target,
    wanted: new Map(),
    watched: new Map(),
    looked: new Set(),
    scales: new Map(),
    scaling: undefined,
    leaving: new Set(),
    told: new Map(),
    failsOpen: new Map(),
    tasks: new Map(),
    faults: new Map(),
    signal: stopping.signal,
    wake: alarm.ring,
  };
  const stopListening = tools.runtime.onChange((_pool, ended) => {
    if (ended !== undefined) lose(supervision, ended);
    alarm.ring();
  });
  const running = run(supervision, alarm);
  return {
    want: (pools, scaling) => {
      want(supervision, pools);
      restOrFollow(supervision, scaling);
      alarm.ring();
    },
    scales: () => scaleStatuses(supervision),
    report: () => reportOf(supervision),
    stop: async () => {
      stopListening();
      stopping.abort();
      for (const { over } of supervision.watched.values()) over.abort();
      alarm.ring();
      await running;
      await Promise.all(supervision.tasks.values());
    },
  };
}

/** A pool that stays wanted as it was keeps everything known about it; a changed one is looked at anew. */
function want(supervision: Supervision, pools: readonly Wanted[]): void {
  const before = supervision.wanted;
  const same = (a: Wanted | undefined, b: Wanted): boolean => JSON.stringify(a) === JSON.stringify(b);
  supervision.wanted = new Map(
    pools.map((wanted) => {
      const key = poolKey(wanted.spec.pool);
      const old = before.get(key);
      return [key, old && same(old, wanted) ? old : wanted];
    }),
  );
  for (const [key, wanted] of before) {
    if (supervision.wanted.get(key) === wanted) continue;
    supervision.looked.delete(key);
    supervision.scales.delete(key);
    supervision.told.delete(slotKey(wanted.slot));
    supervision.failsOpen.delete(slotKey(wanted.slot));
    for (const watched of supervision.watched.values())
      if (watched.wanted === wanted) drop(supervision, watched);
  }
}

/** Takes an instance that has ended out of traffic at once: before anybody looks, and long before the next probe. */
function lose(supervision: Supervision, id: InstanceId): void {
  const watched = supervision.watched.get(id);
  if (!watched) return;
  watched.lost = true;
  watched.over.abort();
  tellMembers(supervision);
}

async function run(supervision: Supervision, alarm: Alarm): Promise<void> {
  const { tools, target, signal } = supervision;
  let lookAt = 0;
  let blind: string | undefined;
  while (!signal.aborted) {
    try {
      const now = tools.clock.mono();
      const due = alarm.rang() || now >= lookAt;
      if (due) {
        reconcile(supervision, await tools.runtime.observe(target));
        lookAt = now + lookEvery;
        blind = undefined;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // Said once, however long it lasts.
      if (why !== blind) tools.log.warn(`the instances cannot be seen: ${why}`);
      blind = why;
      lookAt = tools.clock.mono() + 1000;
    }
    tellMembers(supervision);
    followLoad(supervision);
    const next = Math.min(
      askDue(supervision),
      repair(supervision),
      Math.max(lookAt, tools.clock.mono() + 20),
    );
    await alarm.wait(tools.clock, Math.max(next - tools.clock.mono(), 20));
  }
}

type Alarm = {
  readonly ring: () => void;
  /** Whether it rang since this was asked last. */
  readonly rang: () => boolean;
  /** Until it rings, or for so long. */
  readonly wait: (clock: SupervisorTools['clock'], ms: Millis) => Promise<void>;
};

function makeAlarm(): Alarm {
  let pending = false;
  let waiting = new AbortController();
  return {
    ring: () => {
      pending = true;
      waiting.abort();
    },
    rang: () => {
      const rang = pending;
      pending = false;
      return rang;
    },
    wait: async (clock, ms) => {
      waiting = new AbortController();
      if (pending) return;
      await clock.sleep(ms, waiting.signal).catch(() => undefined); // It rang, which is what we wait for.
    },
  };
}

import type { Plan, Step } from '../../packages/gonogo/src/domain/plan.ts';
import type { PoolId } from '../../packages/gonogo/src/domain/slot.ts';
import { sameSplit } from '../../packages/gonogo/src/domain/split.ts';
import { drive } from '../../packages/gonogo/src/engine/drive.ts';
import { ok, type Scene } from './performers/call.ts';
import { flipPerformer } from './performers/flip.ts';
import { realSubject, type Subject } from './subject.ts';
import { type Asked, wishFor } from './wish.ts';

/** Engines with one mistake each, and the invariant that must find it. */
export const planted: readonly {
  readonly mistake: string;
  readonly subject: Partial<Subject>;
  readonly breaks: string;
}[] = [
  {
    mistake: 'flips without asking readiness again',
    subject: {
      performers: {
        ...realSubject.performers,
        flip: {
          ...flipPerformer,
          perform: (scene, work, call) => flipPerformer.perform(credulous(scene), work, call),
        },
      },
    },
    breaks: 'no request goes to an instance that is not ready or is being removed',
  },
  {
    mistake: 'retires what served before the watch is over',
    subject: { plan: mistaken(retiresEarly) },
    breaks: 'what served before is never retired while the watch runs',
  },
  {
    mistake: 'forgets the lease',
    subject: { claim: ({ fence }) => fence, renew: () => true },
    breaks: 'leases exclude',
  },
  {
    mistake: 'acts before it has journalled',
    subject: { drive: actsFirst },
    breaks: 'nothing happens before it is journalled',
  },
  {
    mistake: 'rolls back to what was never proven',
    subject: { plan: (asked) => wishFor(asked.back ? lastTried(asked) : asked) },
    breaks: 'a rollback goes to what is proven',
  },
  {
    mistake: 'trusts what it read before it had the lease',
    subject: { readsAgain: false },
    breaks: 'no effect happens twice',
  },
  {
    mistake: 'does not undo a flip',
    subject: {
      plan: mistaken((steps) => steps.map((one) => (isStep(one, 'flip') ? { ...one, undo: [] } : one))),
    },
    breaks: 'after the flip green is not destroyed until blue serves',
  },
  {
    mistake: 'goes back only when both slots are ready',
    subject: {
      performers: { ...realSubject.performers, flip: { ...flipPerformer, perform: waitingForAll } },
    },
    breaks: 'a rollout is stuck only when something struck its way back',
  },
  {
    mistake: 'takes users who are there already for served',
    subject: {
      performers: { ...realSubject.performers, flip: { ...flipPerformer, perform: contentWithTheSplit } },
    },
    breaks: 'users are turned away only where the strategy says so',
  },
];

type Flip = typeof flipPerformer.perform;

function* waitingForAll(...[scene, work, call]: Parameters<Flip>): ReturnType<Flip> {
  const { world } = scene;
  const isReady = ({ pool }: { pool: PoolId }): boolean => world.ready(world.runtime.pool(pool)).length > 0;
  while (call.direction === 'undo' && !work.moves.every(({ pools }) => pools.every(isReady))) yield 60_000;
  return yield* flipPerformer.perform(scene, work, call);
}

function* contentWithTheSplit(...[scene, work, call]: Parameters<Flip>): ReturnType<Flip> {
  const { stored } = scene.world.router;
  const isDone = work.moves.every(({ shift: { from, to } }) => sameSplit(stored, to) && !sameSplit(from, to));
  return isDone ? ok() : yield* flipPerformer.perform(scene, work, call);
}

/** To whoever acts in it, every instance seems ready. */
const credulous = ({ world, invariants }: Scene): Scene => ({
  invariants,
  world: Object.assign(Object.create(world), {
    ready: (pool: Parameters<typeof world.ready>[0]) => pool?.instances ?? [],
  }),
});

/** Plans with the real strategies, and then lets a mistake into the plan's steps. */
function mistaken(mistake: (steps: Plan[], asked: Asked) => Plan[]): Subject['plan'] {
  return (asked) => {
    const { spec, plan } = wishFor(asked);
    return { spec, plan: 'seq' in plan ? { seq: mistake([...plan.seq], asked) } : plan };
  };
}

const isStep = (plan: Plan, kind: string): plan is Step => 'work' in plan && plan.work.do === kind;

function retiresEarly(steps: Plan[], { state }: Asked): Plan[] {
  const provision = steps.find((one): one is Step => isStep(one, 'scale'));
  if (!state.live || provision?.work.do !== 'scale') return steps;
  const { slot, revision } = state.live;
  const work = { ...provision.work, pool: { ...provision.work.pool, slot }, revision, count: 0 };
  const retire: Step = { ...provision, id: 'retire', work, undo: [] };
  return steps.flatMap((one): Plan[] => (isStep(one, 'watch') ? [retire, one] : [one]));
}

/** What was deployed last, whatever became of it. */
function lastTried(asked: Asked): Asked {
  const { rollout } = asked.state;
  return rollout ? { ...asked, revision: rollout.spec.next.revision } : asked;
}

/** The engine with its two most important lines the wrong way round. */
function* actsFirst(...args: Parameters<typeof drive>): ReturnType<typeof drive> {
  const loop = drive(...args);
  let step = loop.next();
  for (;;) {
    const ask = step.value;
    if (ask.ask === 'append') {
      for (const event of ask.events) {
        if (event.e === 'intended') yield { ask: 'begin', intent: event.intent, first: 'perform' };
      }
    }
    step = loop.next(yield ask);
  }
}

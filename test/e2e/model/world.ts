import type { Ending } from '../../../packages/gonogo/src/domain/event.ts';
import type { Wish } from './wish.ts';

/** What runs, as far as somebody outside can tell one from another. */
export type Revision = Pick<Wish, 'replicas' | 'worker'> & { readonly says: string; readonly colour: string };

type Settings = Pick<Wish, 'strategy' | 'keep'>;

/** A rollout that waits for a word. */
export type Waiting = { readonly wish: Wish; readonly next: Revision; readonly at: 'approve' | 'hold' };

export type Past = { readonly kind: 'deploy' | 'rollback'; readonly ending: Ending | 'waiting' };

/** What must be true of an environment, by the words of the manual alone. */
export type World = {
  /** How many releases were written. */
  written: number;
  agent: 'runs' | 'stopped';
  live?: Revision | undefined;
  warm?: Revision | undefined;
  /** Oldest first. */
  proven: readonly { readonly revision: Revision; readonly withdrawn: boolean }[];
  /** Oldest first. */
  history: readonly Past[];
  waiting?: Waiting | undefined;
  /** What the last rollout was asked to do; a rollback does it the same way. */
  settings?: Settings;
  /** Whether users were ever sent somewhere: until then nobody listens at the front. */
  opened: boolean;
  /** A migration has just been taken back, so that what serves is ready again as soon as it is asked. */
  recovers?: boolean;
  /** No command is given after this time (`performance.now`). */
  readonly until: number;
  plan?: { readonly id: string; readonly wish: Wish; readonly says: string; stale: 'no' | 'perhaps' | 'yes' };
};

export const newWorld = (until = Number.POSITIVE_INFINITY): World => ({
  until,
  written: 0,
  agent: 'stopped',
  proven: [],
  history: [],
  opened: false,
});

export const keyOf = ({ says, colour, replicas }: Revision): string => `${says} ${colour} ${replicas}`;

export const isSame = (a: Revision | undefined, b: Revision | undefined): boolean =>
  a !== undefined && b !== undefined && keyOf(a) === keyOf(b);

/** Where a rollout of this wish fails: on the database, beside what serves, or before users' eyes. */
type Failing = 'migrate' | 'aside' | 'watched';

function failingOf({ fate }: Wish): Failing | undefined {
  switch (fate) {
    case 'good':
    case 'migrates':
      return undefined;
    case 'breaks-the-old':
      return 'migrate';
    case 'never-ready':
    case 'fails-checks':
      return 'aside';
    case 'fails-watched':
      return 'watched';
  }
}

/** Somebody is asked about a release that was proven beside what serves; in place there is no beside. */
export function gateReached(wish: Wish): 'approve' | 'hold' | undefined {
  const failing = failingOf(wish);
  if (wish.gate === 'hold') return failing === undefined ? 'hold' : undefined;
  if (wish.gate === 'none' || failing === 'migrate') return undefined;
  return failing === 'aside' && wish.strategy !== 'in-place' ? undefined : 'approve';
}

export function endingOf({ live }: World, wish: Wish): Ending {
  switch (failingOf(wish)) {
    case undefined:
      return 'succeeded';
    case 'migrate':
      return 'rejected';
    case 'aside':
      return wish.strategy === 'in-place' && live ? 'rolled-back' : 'rejected';
    case 'watched':
      return 'rolled-back';
  }
}

/** A rollout is over: what users have, what is proven, and what is kept warm. */
export function end(
  world: World,
  { wish, next, ending }: { readonly wish: Wish; readonly next: Revision; readonly ending: Ending },
): void {
  world.waiting = undefined;
  world.recovers = failingOf(wish) === 'migrate';
  world.history = [...world.history.filter((past) => past.ending !== 'waiting'), { kind: 'deploy', ending }];
  if (ending === 'succeeded') goLive(world, next, 'deploy');
  // Whatever was warm made room for the new release, unless that was refused before.
  else if (failingOf(wish) !== 'migrate' || ending === 'aborted') world.warm = undefined;
  if (ending === 'rolled-back') world.opened = true;
}

/** A revision has become what serves. */
export function goLive(world: World, next: Revision, kind: Past['kind'], fromWarm = false): void {
  const { live, settings, proven } = world;
  const left = kind === 'rollback' ? live : undefined;
  world.proven = [
    ...proven.map((one) => (isSame(one.revision, left) ? { ...one, withdrawn: true } : one)),
    { revision: next, withdrawn: false },
  ];
  const staysUp = fromWarm || settings?.strategy === 'blue-green' || settings?.strategy === 'canary';
  world.warm = staysUp && settings?.keep ? live : undefined;
  world.live = next;
  world.opened = true;
  stir(world, 'yes');
}

/** Something has happened: a plan made before may not be what would be done now. */
export function stir({ plan }: World, stale: 'perhaps' | 'yes'): void {
  if (plan && plan.stale !== 'yes') plan.stale = stale;
}

/** Where a rollback without a name goes. */
export function rollbackTarget({ proven, live }: World, current: boolean): Revision | undefined {
  const isLive = (revision: Revision): boolean =>
    current ? revision.says === live?.says : isSame(revision, live);
  return proven.findLast(({ revision, withdrawn }) => !withdrawn && !isLive(revision))?.revision;
}

/** What users are answered: a text, 503 where nobody serves, or nothing where nobody ever listened. */
export function answerOf({ live, waiting, opened }: World): string {
  const serving = waiting?.at === 'hold' ? waiting.next : live;
  if (serving) return `200 ${serving.says} ${serving.colour}`;
  return opened ? '503' : 'refused';
}

/** Every pool that shall run, as `role pool count key`. */
export function poolsOf({ live, warm, waiting }: World): string[] {
  const pools: string[] = [];
  const add = (role: string, pool: string, revision: Revision, count: number): void => {
    if (count > 0) pools.push(`${role} ${pool} ${count} ${keyOf(revision)}`);
  };
  const isHeld = waiting?.at === 'hold';
  const leavesOld = waiting?.wish.strategy === 'blue-green' || waiting?.wish.strategy === 'canary';
  if (live && (!isHeld || leavesOld)) add('live', 'web', live, live.replicas);
  if (live && !isHeld) add('live', 'mailer', live, mailersOf(live));
  if (warm) add('warm', 'web', warm, warm.replicas);
  if (waiting) {
    add('next', 'web', waiting.next, startedBeside(waiting, live));
    if (isHeld) add('next', 'mailer', waiting.next, mailersOf(waiting.next));
  }
  return pools.sort();
}

const mailersOf = ({ worker }: Revision): number => (worker === 'none' ? 0 : 1);

function startedBeside({ wish, next, at }: Waiting, live: Revision | undefined): number {
  if (at === 'hold') return next.replicas;
  if (wish.strategy === 'in-place') return 0;
  return wish.strategy === 'rolling' && live ? 1 : next.replicas;
}

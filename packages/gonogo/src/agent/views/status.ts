import type { EnvironmentStatus, InstanceStatus, LeaseStatus, SlotStatus } from '../../api/contract.ts';
import type { Assembly } from '../../assemble.ts';
import { releaseName } from '../../domain/release.ts';
import { poolKey } from '../../domain/slot.ts';
import { streamOf } from '../../domain/target.ts';
import type { Instant } from '../../domain/units.ts';
import type { Deployed } from '../environments.ts';
import { summaryOf, waitingOf } from './summary.ts';

type LeaseInfo = NonNullable<Awaited<ReturnType<Assembly['stores']['leases']['holder']>>>;
type ObservedPool = Awaited<ReturnType<Assembly['runtime']['observe']>>[number];

/** What runs in an environment now, as the runtime and the router see it, and what the journal says of it. */
export async function environmentStatus(assembly: Assembly, deployed: Deployed): Promise<EnvironmentStatus> {
  const { target, state } = deployed;
  const [pools, { split }, lease] = await Promise.all([
    assembly.runtime.observe(target),
    assembly.router.observe(target),
    assembly.stores.leases.holder(streamOf(target)),
  ]);
  const proven = state.proven.findLast((one) => !one.withdrawn);
  const { project, service, environment } = target;
  return {
    project,
    service,
    environment,
    split,
    slots: await Promise.all(pools.filter(isShown).map((pool) => slotStatus(assembly, pool, deployed))),
    ...(state.front ? { front: state.front } : {}),
    ...(proven ? { proven: proven.revision } : {}),
    ...(state.rollout ? { rollout: { ...summaryOf(state.rollout), ...waitingOf(state) } } : {}),
    ...(lease ? { lease: leaseStatus(lease, assembly.clock.wall()) } : {}),
  };
}

/** Never negative, since clocks may be set back. */
const leaseStatus = ({ owner, claimedAt, renewedAt }: LeaseInfo, now: Instant): LeaseStatus => ({
  owner,
  age: Math.max(0, now - claimedAt),
  renewed: Math.max(0, now - renewedAt),
});

/** A job that has ended is kept only so that a crash still finds how it ended. */
const isShown = ({ pool, instances }: ObservedPool): boolean =>
  pool.role !== 'job' || instances.some((instance) => instance.state.is === 'running');

async function slotStatus(
  assembly: Assembly,
  pool: ObservedPool,
  { state, scales, report }: Deployed,
): Promise<SlotStatus> {
  const { release } = await assembly.stores.revisions.open(pool.revision);
  const { slot, target, role } = pool.pool;
  const failsOpen = role === 'web' ? report?.failsOpen({ target, slot }) : undefined;
  const isWarm = state.warm?.slot === slot && state.warm.revision === pool.revision;
  const isLive = state.live?.slot === slot && state.live.revision === pool.revision;
  const scaling = scales.get(poolKey(pool.pool));
  return {
    slot,
    revision: pool.revision,
    release: releaseName(target.service, release.digest),
    role: isLive ? 'live' : isWarm ? 'warm' : 'next',
    pool: role,
    instances: pool.instances.map((instance) => ({
      ...instanceStatus(instance),
      ...report?.instance(instance.id),
    })),
    restarts: pool.restarts,
    ...(scaling && isLive ? { scaling } : {}),
    ...(failsOpen === undefined ? {} : { failsOpen }),
    ...(isWarm && state.warm ? { until: state.warm.until } : {}),
  };
}

const instanceStatus = ({ id, host, port, state }: ObservedPool['instances'][number]): InstanceStatus =>
  state.is === 'running'
    ? { id, address: { host, port }, state: 'running', pid: state.pid, since: state.startedAt }
    : { id, address: { host, port }, state: 'ended', since: state.endedAt };

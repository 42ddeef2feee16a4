import type {
  EnvironmentStatus,
  InstanceStatus,
  LeaseStatus,
  RolloutSummary,
  SlotStatus,
} from '../../api/contract.ts';
import { describeLoad } from '../../domain/scaling.ts';
import { describeSplit, servingSlots } from '../../domain/split.ts';
import { columns } from './columns.ts';
import { namesOf } from './names.ts';
import type { Palette } from './palette.ts';
import { runningLines } from './running.ts';
import { ago, duration, until } from './time.ts';
import { frontUrl } from './verdict.ts';

/** `gonogo status`: for each environment its front, then a line a slot, then the rollout that runs. */
export function statusLines(
  environments: readonly EnvironmentStatus[],
  now: number,
  palette: Palette,
): string[] {
  if (environments.length === 0) return ['nothing is deployed yet; start with: gonogo deploy ENVIRONMENT'];
  return environments.flatMap((environment, i) => [
    ...(i === 0 ? [] : ['']),
    ...linesOf(environment, now, palette),
  ]);
}

function linesOf(environment: EnvironmentStatus, now: number, palette: Palette): string[] {
  const { service, split, slots, rollout, lease } = environment;
  const traffic = split === 'nobody' ? palette.red('serves nobody') : `traffic to ${describeSplit(split)}`;
  return [
    `${palette.bold(`${service} ${environment.environment}`)}   ${frontUrl(environment.front)}   ${traffic}`,
    ...slotLines(slots, { environment, now, palette }),
    ...slots.flatMap((slot) => limitLine(slot, palette)),
    ...(rollout && !rollout.ending ? rolloutLines(rollout, now, palette) : []),
    ...(lease ? [palette.dim(`    ${leaseText(lease, now)}`)] : []),
  ];
}

/** Who acts on the environment now. */
const leaseText = ({ owner, age, renewed }: LeaseStatus, now: number): string =>
  `held by ${briefly(owner)} for ${duration(age)}, renewed ${ago(now - renewed, now)}`;

type Row = { readonly environment: EnvironmentStatus; readonly now: number; readonly palette: Palette };

/** A line a slot, and under it what is not as it should be. */
function slotLines(slots: readonly SlotStatus[], row: Row): string[] {
  const lines = columns(slots.map((slot) => slotRow(slot, row)));
  return slots.flatMap((slot, i) => [lines[i] ?? '', ...troubleLines(slot, row)]);
}

function troubleLines({ failsOpen, instances }: SlotStatus, { now, palette }: Row): string[] {
  const open =
    failsOpen === undefined ? [] : [`    ${palette.red('!')} serves though nobody is ready: ${failsOpen}`];
  return [...open, ...instances.flatMap((instance) => troubleOf(instance, now, palette))];
}

function troubleOf({ id, condition, ending }: InstanceStatus, now: number, palette: Palette): string[] {
  if (ending) {
    const times = ending.times === 1 ? '' : `, ${ending.times} times in a row`;
    const again = `is started again in ${until(ending.again, now)}`;
    return [`    ${palette.red('✗')} ${id} ${ending.how}${times}; it ${again}`];
  }
  if (condition !== 'starting' && condition !== 'unready') return [];
  return [`    ${palette.yellow('!')} ${id} is ${condition === 'starting' ? 'starting' : 'not ready'}`];
}

function slotRow(slot: SlotStatus, { environment, now, palette }: Row): string[] {
  const hasUsers = servingSlots(environment.split).includes(slot.slot);
  const mark = hasUsers ? palette.green('●') : palette.dim('○');
  const role =
    slot.role === 'warm' && slot.until !== undefined ? `warm for ${until(slot.until, now)}` : slot.role;
  const proven = slot.revision === environment.proven ? 'proven' : '';
  return [
    `  ${mark} ${slot.slot}${slot.pool === 'web' ? '' : ` ${slot.pool}`}`,
    namesOf(environment.slots)(slot),
    role,
    instancesText(slot, now),
    restartsText(slot, palette),
    proven,
  ];
}

function instancesText(slot: SlotStatus, now: number): string {
  const { instances } = slot;
  const running = instances.filter(({ state }) => state === 'running');
  const since = Math.max(...running.map((one) => one.since));
  const ended = instances.length - running.length;
  const ready = running.filter(({ condition }) => condition === undefined || condition === 'ready').length;
  const unready = ready === running.length ? '' : ` (${ready} ready)`;
  const age = running.length > 0 ? `, since ${ago(since, now)}` : '';
  return `${running.length} running${unready}${rangeText(slot)}${ended > 0 ? `, ${ended} ended` : ''}${age}`;
}

/** ` of 2–8 (cpu 64 % of 70 %)`: the range in which their load decides, and that load. */
function rangeText({ scaling }: SlotStatus): string {
  if (!scaling) return '';
  const { min, max, load } = scaling;
  return ` of ${min}–${max}${load === undefined ? '' : ` (${describeLoad(scaling, load)})`}`;
}

const limitLine = ({ slot, pool, scaling }: SlotStatus, { yellow }: Palette): string[] =>
  scaling?.limit === undefined
    ? []
    : [`    ${yellow('!')} ${slot} ${pool} would be larger: ${scaling.limit}`];

const restartsText = ({ restarts }: SlotStatus, { yellow }: Palette): string =>
  restarts === 0 ? '' : yellow(`${restarts} restart${restarts === 1 ? '' : 's'}`);

/** `agent (pid 7)`: what else tells processes apart is for programs. */
const briefly = (owner: string): string => owner.replace(/, .*\)$/, ')');

function rolloutLines(rollout: RolloutSummary, now: number, palette: Palette): string[] {
  const step = rollout.steps.findLast(({ state }) => state === 'running' || state === 'undoing');
  const doing = step ? `: ${step.name}` : '';
  const since = `started ${ago(rollout.startedAt, now)} (${rollout.id})`;
  return [
    `  ${palette.yellow('…')} ${rollout.kind} of ${rollout.release} runs${doing}, ${since}`,
    ...runningLines(rollout, now, palette).map((line) => `    ${line}`),
  ];
}

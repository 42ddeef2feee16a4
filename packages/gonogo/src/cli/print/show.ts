import type { EvidenceView, RolloutDetail, StepSummary } from '../../api/contract.ts';
import type { CheckResult } from '../../domain/check.ts';
import type { Event } from '../../domain/event.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
import { runningLines } from './running.ts';
import { answerLine, resumedLine } from './steps.ts';
import { ago, clock, duration } from './time.ts';
import { verdictLines } from './verdict.ts';

/** `gonogo show`: the verdict, every step, and the evidence of each. */
export function showLines(rollout: RolloutDetail, now: number, palette: Palette): string[] {
  const { dim } = palette;
  return [
    ...(rollout.verdict
      ? verdictLines(rollout, palette)
      : [`${rollout.release} → ${rollout.environment}   running`, ...runningLines(rollout, now, palette)]),
    dim(headOf(rollout, now)),
    ...rollout.flips.map(({ ms }) => dim(`flip acknowledged in ${duration(ms)}`)),
    ...rollout.events.flatMap(happening).map(dim),
    '',
    ...rollout.steps.flatMap((step) => stepLines(step, rollout.evidence, palette)),
    ...laterLines(rollout, palette),
  ];
}

/** What came from outside: other agents, and people. */
function happening(event: Event): string[] {
  if (event.e === 'resumed') return [`${clock(event.at)} ${resumedLine(event)}`];
  return event.e === 'answered' ? [`${clock(event.at)} ${answerLine(event)}`] : [];
}

const headOf = ({ kind, strategy, revision, startedAt, id }: RolloutDetail, now: number): string =>
  `${kind}, ${strategy}, revision ${revision}, started ${ago(startedAt, now)}, ${id}`;

function stepLines(step: StepSummary, all: readonly EvidenceView[], palette: Palette): string[] {
  const took = step.ms === undefined ? '' : `   ${palette.dim(duration(step.ms))}`;
  const why = step.why === undefined ? '' : `   ${step.why}`;
  const evidence = all.filter((one) => one.step === step.id);
  return [
    `${markOf(step.state, palette)} ${step.name}${took}${why}`,
    ...evidence.flatMap((one) => evidenceLines(one, palette)),
  ];
}

/** What was kept after the verdict, when the old slot was stopped. */
function laterLines(rollout: RolloutDetail, palette: Palette): string[] {
  const steps = new Set(rollout.steps.map(({ id }) => id));
  const later = rollout.evidence.filter(({ step }) => !steps.has(step));
  if (later.length === 0) return [];
  return ['later, when the old release was stopped', ...later.flatMap((one) => evidenceLines(one, palette))];
}

function markOf(state: StepSummary['state'], { green, red, yellow, dim }: Palette): string {
  switch (state) {
    case 'ok':
      return green('✓');
    case 'failed':
    case 'unknown':
      return red('✗');
    case 'running':
    case 'undoing':
      return yellow('…');
    case 'undone':
      return yellow('↩');
    case 'waiting':
      return dim('·');
  }
}

/** When it was kept and what it is, then the evidence itself. */
function evidenceLines(evidence: EvidenceView, palette: Palette): string[] {
  const { at, undo, checks = [], log = [], facts = {} } = evidence;
  const named = Object.entries(facts).map(([name, value]) => [`      ${name}`, fact(value)]);
  const back = undo === undefined ? '' : `, put back: ${undo}`;
  return [
    palette.dim(`    ${clock(at)} ${kindOf(evidence)}${back}`),
    ...columns(checks.map((check) => checkRow(check, palette))),
    ...columns(named),
    ...log.map((line) => palette.dim(`      | ${line}`)),
  ];
}

/** `checks, asked from green`, `last output, 3 lines`, `measured, on this host` */
function kindOf({ checks, log, from }: EvidenceView): string {
  if (checks) return `checks, asked from ${[...new Set(checks.map(({ from }) => from))].join(', ')}`;
  if (log) return log.length === 0 ? 'no output' : `last output, ${counted(log.length)}`;
  return from === undefined ? 'measured' : `measured, on ${from}`;
}

const counted = (lines: number): string => `${lines} line${lines === 1 ? '' : 's'}`;

/** Measured numbers come with more digits than they deserve. */
const fact = (value: string | number): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value);

function checkRow(check: CheckResult, { green, red, yellow, dim }: Palette): string[] {
  const marks = { pass: green('✓'), warn: yellow('!'), fail: red('✗'), unknown: red('?') };
  const { name, subject, saw, attempts } = check;
  const asked = subject === undefined || name.includes(subject) ? name : `${name} (${subject})`;
  const tries = attempts > 1 ? `, at attempt ${attempts}` : '';
  return [`      ${marks[check.verdict]} ${asked}`, dim(duration(check.ms)), `${saw}${tries}`];
}

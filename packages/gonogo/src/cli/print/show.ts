import type { EvidenceView, RolloutDetail, StepSummary } from '../../api/contract.ts';
import type { CheckResult } from '../../domain/check.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
import { resumedLine } from './steps.ts';
import { ago, clock, duration } from './time.ts';
import { verdictLines } from './verdict.ts';

/** `gonogo show`: the verdict, every step, and the evidence of each. */
export function showLines(rollout: RolloutDetail, now: number, palette: Palette): string[] {
  const { dim } = palette;
  return [
    ...(rollout.verdict
      ? verdictLines(rollout, palette)
      : [`${rollout.release} → ${rollout.environment}   running`]),
    dim(`${rollout.kind}, ${rollout.strategy}, started ${ago(rollout.startedAt, now)}, ${rollout.id}`),
    ...rollout.flips.map(({ ms }) => dim(`flip acknowledged in ${duration(ms)}`)),
    ...rollout.events.flatMap((event) =>
      event.e === 'resumed' ? [dim(`${clock(event.at)} ${resumedLine(event)}`)] : [],
    ),
    '',
    ...rollout.steps.flatMap((step) => stepLines(step, rollout.evidence, palette)),
  ];
}

function stepLines(step: StepSummary, evidence: readonly EvidenceView[], palette: Palette): string[] {
  const took = step.ms === undefined ? '' : `   ${palette.dim(duration(step.ms))}`;
  const why = step.why === undefined ? '' : `   ${step.why}`;
  return [
    `${markOf(step.state, palette)} ${step.name}${took}${why}`,
    ...evidence.filter((one) => one.step === step.id).flatMap((one) => evidenceLines(one, palette)),
  ];
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

function evidenceLines({ checks = [], log = [], facts = {} }: EvidenceView, palette: Palette): string[] {
  const named = Object.entries(facts).map(([name, value]) => `    ${name}: ${fact(value)}`);
  return [
    ...columns(checks.map((check) => checkRow(check, palette))),
    ...named,
    ...log.map((line) => palette.dim(`    | ${line}`)),
  ];
}

/** Measured numbers come with more digits than they deserve. */
const fact = (value: string | number): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value);

function checkRow(check: CheckResult, { green, red, yellow, dim }: Palette): string[] {
  const marks = { pass: green('✓'), warn: yellow('!'), fail: red('✗'), unknown: red('?') };
  return [`    ${marks[check.verdict]} ${check.name}`, dim(duration(check.ms)), check.saw];
}

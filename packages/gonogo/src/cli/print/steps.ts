import type { Progress } from '../../api/contract.ts';
import type { CheckResult } from '../../domain/check.ts';
import { describeWork } from '../../domain/describe.ts';
import type { Event, Intent } from '../../domain/event.ts';
import { stepsOf } from '../../domain/plan.ts';
import { releaseName } from '../../domain/release.ts';
import type { Palette } from './palette.ts';
import { duration } from './time.ts';

/** What is known of a rollout while it is followed. */
export type StepView = {
  readonly environment: string;
  /** Step id → how it is called. */
  readonly names: ReadonlyMap<string, string>;
  /** Begun and not settled, by key. */
  readonly running: ReadonlyMap<string, { readonly intent: Intent; readonly at: number }>;
  /** Keys whose end was printed: a rollout that is followed again is told from its first event. */
  readonly settled: ReadonlySet<string>;
  readonly told: ReadonlySet<string>;
};

export const noSteps: StepView = {
  environment: '',
  names: new Map(),
  running: new Map(),
  settled: new Set(),
  told: new Set(),
};

/** The view after one more thing was told, and the lines to print for it. */
export function advance(view: StepView, progress: Progress, palette: Palette): [StepView, string[]] {
  if ('check' in progress) return [view, checkLines(progress, palette)];
  if ('rollout' in progress) return [view, []];
  return advanceBy(view, progress.event, palette);
}

function advanceBy(view: StepView, event: Event, palette: Palette): [StepView, string[]] {
  switch (event.e) {
    case 'planned':
      return once(view, event.e, {
        change: {
          names: new Map(stepsOf(event.plan).map((step) => [step.id, step.name])),
          environment: event.spec.target.environment,
        },
        lines: [palette.dim(heading(event.spec))],
      });
    case 'intended': {
      const { intent, at } = event;
      if (intent.rollout === undefined || view.settled.has(intent.key)) return [view, []];
      const next = { ...view, running: new Map(view.running).set(intent.key, { intent, at }) };
      if (intent.work.do !== 'ask') return [next, []];
      return once(next, intent.key, { lines: [`  ${palette.yellow('?')} ${gateLine(next, intent)}`] });
    }
    case 'settled':
      return settle(view, event, palette);
    case 'turned-back':
      return once(view, event.e, { lines: [`  ${palette.yellow('↩')} putting it back: ${event.why}`] });
    case 'answered':
      return once(view, `${event.e} ${event.at}`, {
        lines: [`  ${answerMark(event, palette)} ${answerLine(event)}`],
      });
    case 'resumed':
      return once(view, `${event.e} ${event.at}`, {
        lines: [`  ${palette.yellow('↻')} ${resumedLine(event)}`],
      });
    case 'ended':
      return [view, []];
  }
}

/** `waits for approval for 1 h, then it goes back: gonogo approve production, or gonogo abort production` */
function gateLine({ environment }: StepView, { work, within }: Intent): string {
  const then = work.do === 'ask' && work.otherwise === 'go' ? 'goes on' : 'goes back';
  const answers = `gonogo approve ${environment}, or gonogo abort ${environment}`;
  return `waits for approval for ${duration(within)}, then it ${then} by itself: ${answers}`;
}

const answerMark = ({ what }: EventOf<'answered'>, { green, yellow }: Palette): string =>
  what === 'approve' ? green('✓') : yellow('↩');

/** `ada@laptop approved it` */
export const answerLine = ({ by, what }: EventOf<'answered'>): string =>
  `${by} ${what === 'approve' ? 'approved it' : 'asked to abort it'}`;

/** `the agent was started again; it went on with provision`, `…; it still waited for an answer at approve` */
export function resumedLine({ found, waits = [], goes, why }: EventOf<'resumed'>): string {
  const goesOn = `went on${goes === 'on' ? '' : ' putting it back'}`;
  const does = [
    ...(found.length > 0 ? [`${goesOn} with ${found.join(', ')}`] : []),
    ...(waits.length > 0 ? [`still waited for an answer at ${waits.join(', ')}`] : []),
  ];
  const reason = why === undefined ? '' : `: ${why}`;
  return `the agent was started again; it ${does.join(', and ') || goesOn}${reason}`;
}

type EventOf<E extends Event['e']> = Extract<Event, { e: E }>;

type Telling = { readonly change?: Partial<StepView>; readonly lines: string[] };

function once(view: StepView, what: string, { change, lines }: Telling): [StepView, string[]] {
  if (view.told.has(what)) return [view, []];
  return [{ ...view, ...change, told: new Set(view.told).add(what) }, lines];
}

function settle(
  view: StepView,
  { key, at, outcome }: EventOf<'settled'>,
  palette: Palette,
): [StepView, string[]] {
  const begun = view.running.get(key);
  if (!begun) return [view, []];
  const running = new Map(view.running);
  running.delete(key);
  const mark = outcome.is === 'ok' ? palette.green('✓') : palette.red('✗');
  const why = outcome.is === 'ok' || outcome.why === undefined ? '' : `   ${outcome.why}`;
  const line = `  ${mark} ${nameOf(view, begun.intent)}   ${palette.dim(duration(at - begun.at))}${why}`;
  return [{ ...view, running, settled: new Set(view.settled).add(key) }, [line]];
}

/** What is being done now, for the one line that a terminal prints over and over; undefined when nothing is. */
export function liveLine(view: StepView, now: number, palette: Palette): string | undefined {
  const begun = [...view.running.values()].at(-1);
  if (!begun) return undefined;
  return `  ${palette.yellow('…')} ${nameOf(view, begun.intent)}   ${palette.dim(duration(Math.max(0, now - begun.at)))}`;
}

const heading = (spec: Extract<Event, { e: 'planned' }>['spec']): string => {
  const { target, next, settings, kind } = spec;
  const release = releaseName(target.service, next.releaseDigest);
  return `${kind} ${release} → ${target.environment} (${settings.strategy}, into ${next.slot}, ${spec.id})`;
};

const nameOf = (view: StepView, { step, direction, work }: Intent): string =>
  direction === 'undo'
    ? `${view.names.get(step) ?? step}, put back: ${describeWork(work)}`
    : (view.names.get(step) ?? step);

/** Only what is not a plain pass is worth a line, but for the preflight: that is a checklist, and people read it as one. */
function checkLines({ check, step }: Checked, palette: Palette): string[] {
  if (check.verdict === 'pass' && !check.flaky && step !== 'preflight') return [];
  const { red, yellow, green } = palette;
  const marks = {
    pass: check.flaky ? yellow('!') : green('✓'),
    warn: yellow('!'),
    fail: red('✗'),
    unknown: red('✗'),
  };
  const flaky = check.flaky ? ` (only at attempt ${check.attempts})` : '';
  return [`    ${marks[check.verdict]} ${check.name}   ${check.saw}${flaky}`];
}

type Checked = Extract<Progress, { check: CheckResult }>;

import type { Site } from '../support/site.ts';

/** What somebody may ask for in one deploy. */
export type Wish = {
  readonly strategy: 'in-place' | 'rolling' | 'blue-green' | 'canary';
  readonly replicas: 1 | 2;
  /** `alone`: two of them must never run at once, and one that meets another ends. */
  readonly worker: 'none' | 'overlap' | 'alone';
  readonly fate: Fate;
  readonly gate: 'none' | 'approve' | 'hold';
  readonly colour: 'red' | 'blue';
  /** Whether what served before stays warm. */
  readonly keep: boolean;
};

/** `breaks-the-old` migrates the database so that what serves cannot bear it, and takes that back. */
export type Fate = 'good' | 'migrates' | 'breaks-the-old' | 'never-ready' | 'fails-checks' | 'fails-watched';

/** The variables a site is deployed with; DATABASE is a file that says `fine`, or all of the sites are unready. */
export type Values = Readonly<Record<'COLOUR' | 'DATABASE' | 'LOCK' | 'WORD', string>>;

const mailer = (overlap: boolean): string => `
  workers:
    mailer:
      overlap: ${overlap}
      command:
        - node
        - -e
        - |
          const fs = require('node:fs');
          if (!${overlap}) fs.openSync(process.env.LOCK, 'wx');
          process.on('SIGTERM', () => { if (!${overlap}) fs.rmSync(process.env.LOCK); process.exit(0); });
          setInterval(() => undefined, 1000);`;

const workers = { none: '', overlap: mailer(true), alone: mailer(false) };

const job = (script: string): string => `[sh, -c, '${script}']`;

function migrationOf(fate: Fate): string {
  if (fate === 'migrates') return `migrate: { run: ${job('echo fine > "$DATABASE"')} }`;
  if (fate !== 'breaks-the-old') return '';
  const [run, undo] = [job('echo broken > "$DATABASE"'), job('echo fine > "$DATABASE"')];
  return `migrate: { run: ${run}, undo: ${undo} }`;
}

/** What `/check` answers: the smoke test asks once before users meet the release, and again while it is watched. */
const checkStatus = (fate: Fate): string => {
  if (fate === 'fails-checks') return '500';
  return fate === 'fails-watched' ? '(asked++ === 0 ? 200 : 500)' : '200';
};

/** A site that does as the wish says, and answers its own name and its colour; `watch` is what else is said of that. */
export const siteOf = (wish: Wish, says: string, watch = 'for: 200ms'): Site => ({
  says,
  strategy: wish.strategy,
  before: `import { readFileSync } from 'node:fs';
${wish.fate === 'never-ready' ? 'process.exit(3);' : ''}
const isFine = () => readFileSync(process.env.DATABASE, 'utf8').trim() === 'fine';
let asked = 0;`,
  ready: 'isFine() ? 200 : 503',
  status: `request.url === '/check' ? ${checkStatus(wish.fate)} : 200`,
  answer: `'${says} ' + process.env.COLOUR`,
  run: workers[wish.worker],
  yaml: `contract: { env: { COLOUR: {}, DATABASE: {}, LOCK: {}, WORD: {} } }
checks: [{ get: /check }]
${migrationOf(wish.fate)}`,
  production: [
    `replicas: ${wish.replicas}`,
    `keep: ${wish.keep ? '10m' : '0s'}`,
    `watch: { ${watch}${wish.gate === 'hold' ? ', quiet: hold' : ''} }`,
    ...(wish.gate === 'approve' ? ['approve: { within: 10m }'] : []),
    ...(wish.strategy === 'canary' ? ['canary: { weights: [50%], each: 100ms }'] : []),
  ].join('\n'),
});

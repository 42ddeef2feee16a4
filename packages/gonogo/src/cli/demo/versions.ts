import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../errors.ts';

export type VersionName = 'v1' | 'v2' | 'v3' | 'v4' | 'v5';

/** A change of one file: this text, which stands there exactly once, becomes that. */
type Edit = { readonly file: string; readonly find: string; readonly put: string };

/** What a developer changed in the shop since v1. */
export type Version = {
  readonly name: VersionName;
  readonly edits: readonly Edit[];
  /** New files, by path. */
  readonly files: Readonly<Record<string, string>>;
};

/** How the version calls itself in every answer: `5.0.0`. */
export const numberOf = (name: VersionName): string => `${name.slice(1)}.0.0`;

const numbered = (name: VersionName): Edit => ({
  file: 'package.json',
  find: '"version": "1.0.0"',
  put: `"version": "${numberOf(name)}"`,
});

const inFile = (file: string, find: string, put: string): Edit => ({ file, find, put });

const after = (file: string, line: string, added: string): Edit => inFile(file, line, `${line}\n${added}`);

/** `${NAME}`, as gonogo.yaml writes it. */
const variable = (name: string): string => `$\{${name}}`;

/** A new colour for the page, which every later version keeps. */
const colour = inFile('lib/page.js', "colour = 'seagreen'", "colour = 'royalblue'");

const orders = 'lib/orders.js';
const firstImport = "import { Refusal, readJson } from './http.js';";
const contractEnv = '    LOG_LEVEL: { default: info, one_of: [debug, info, warn, error] }';

/** Orders are signed for the payment provider; its key was set in staging only. */
const payments: Omit<Version, 'name'> = {
  edits: [
    after('gonogo.yaml', contractEnv, '    PAYMENT_KEY: { secret: true }'),
    after(orders, firstImport, "import { sign } from './payment.js';"),
    inFile(orders, 'addOrder(wanted)', 'addOrder({ ...wanted, payment: sign(wanted) })'),
  ],
  files: {
    'lib/payment.js': `import { createHmac } from 'node:crypto';

/** What the payment provider checks an order by. */
export const sign = (order) =>
  createHmac('sha256', process.env.PAYMENT_KEY).update(JSON.stringify(order)).digest('hex');
`,
  },
};

/** Orders are copied to the accountants' ledger, a database of its own behind a firewall of its own. */
const ledger: Omit<Version, 'name'> = {
  edits: [
    after('gonogo.yaml', contractEnv, '    LEDGER_URL: { format: url }'),
    after('gonogo.yaml', `    - ${variable('DATABASE_URL')}`, `    - ${variable('LEDGER_URL')}`),
    after(orders, firstImport, "import { book } from './ledger.js';"),
    after(orders, '  const order = await shop.database.addOrder(wanted);', '  book(order);'),
  ],
  files: {
    'lib/ledger.js': `import { openLines } from '../database/lines.js';
import { ownAddress } from '../database/open.js';
import { log } from './log.js';

const ledger = openLines(process.env.LEDGER_URL, { dialFrom: ownAddress(process.env.HOST) });

/** Copies an order to the ledger; the customer does not wait for it. */
export function book(order) {
  ledger.addOrder(order).catch((error) => log('error', \`order \${order.id} is not in the ledger: \${error.message}\`));
}
`,
  },
};

/** The newest orders are remembered, so that the list asks no database. Nobody wrapped the index around. */
const memory: Omit<Version, 'name'> = {
  edits: [
    after(orders, firstImport, "import { newestOf, remember } from './recent.js';"),
    inFile(
      orders,
      'await shop.database.newestOrders(20)',
      'newestOf(20) ?? (await shop.database.newestOrders(20))',
    ),
    after(orders, '  const order = await shop.database.addOrder(wanted);', '  remember(order);'),
  ],
  files: {
    'lib/recent.js': `const recent = Object.seal(new Array(64).fill(undefined));
let next = 0;

/** Keeps the newest 64 orders of this process. */
export function remember(order) {
  recent[next++] = order;
}

/** The newest orders, newest first; undefined while there are too few. */
export function newestOf(count) {
  if (next < count) return undefined;
  return Array.from({ length: count }, (_, i) => {
    const { id, item, quantity } = recent[next - 1 - i];
    return { id, item, quantity };
  });
}
`,
  },
};

const later = (name: VersionName, { edits, files }: Omit<Version, 'name'>): Version => ({
  name,
  edits: [numbered(name), colour, ...edits],
  files,
});

/** Five versions of `examples/shop`: v2 is v1 with another colour, each later one is v2 with one feature. */
export const versions: Readonly<Record<VersionName, Version>> = {
  v1: { name: 'v1', edits: [], files: {} },
  v2: later('v2', { edits: [], files: {} }),
  v3: later('v3', payments),
  v4: later('v4', ledger),
  v5: later('v5', memory),
};

/** Makes a copy of v1 in a folder into another version. */
export async function applyVersion(folder: string, { edits, files }: Version): Promise<void> {
  for (const edit of edits) await applyEdit(folder, edit);
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
}

/** Changes one file. Fails when the text does not stand there exactly once: the sample changed, the demo must follow. */
export async function applyEdit(folder: string, { file, find, put }: Edit): Promise<void> {
  const path = join(folder, file);
  const parts = (await readFile(path, 'utf8')).split(find);
  if (parts.length !== 2) {
    throw problem('INTERNAL', {
      what: `"${find}" stands ${parts.length - 1} times in the sample's ${file}, not once`,
    });
  }
  await writeFile(path, parts.join(put));
}

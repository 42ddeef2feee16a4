import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// npm run bench -- NAME [--format json] [--OPTION VALUE …]. Without a name it lists the benches.

/** What a bench is given on the command line, and what it measured. */
type Options = Readonly<Record<string, string>>;
type Figures = Record<string, number | string | Readonly<Record<string, number>>>;
type Bench = (options: Options) => Promise<Figures>;

/** `flip-under-load.ts` is a bench if it exports `flipUnderLoad`; other files here are what benches are made of. */
const exportOf = (name: string): string =>
  name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());

function benches(): { name: string; about: string }[] {
  const names = globSync('*.ts', { cwd: import.meta.dirname }).map((file) => file.replace(/\.ts$/, ''));
  return names.sort().flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8');
    const found = new RegExp(`export async function ${exportOf(name)}\\(`).exec(text);
    if (!found) return [];
    const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, found.index));
    return [{ name, about: firstSentence(comment?.[1] ?? '') }];
  });
}

const firstSentence = (comment: string): string =>
  /^.*?\.(?=\s|$)/.exec(comment.replace(/\s*\n\s*\*\s*/g, ' ').trim())?.[0] ?? '';

/** `--rounds 5 --quick` → `{ rounds: '5', quick: 'true' }`; which options there are is each bench's own business. */
function optionsOf(args: readonly string[]): Options {
  const pairs = args.flatMap((arg, index) => {
    if (!arg.startsWith('--')) return [];
    const [name = '', inline] = arg.slice(2).split('=', 2);
    const next = args[index + 1];
    return [[name, inline ?? (next !== undefined && !next.startsWith('--') ? next : 'true')] as const];
  });
  return Object.fromEntries(pairs);
}

async function load(name: string): Promise<Bench> {
  const module = (await import(`./${name}.ts`)) as Record<string, Bench>;
  const bench = module[exportOf(name)];
  if (bench === undefined) throw new Error(`bench/${name}.ts exports no ${exportOf(name)}`);
  return bench;
}

function list(): void {
  console.log('npm run bench -- NAME [--format json] [--OPTION VALUE …]\n');
  for (const { name, about } of benches()) console.log(`  ${name.padEnd(18)} ${about}`);
}

const shown = (value: Figures[string]): string =>
  typeof value === 'object'
    ? Object.entries(value)
        .map(([name, number]) => `${name} ${number}`)
        .join(', ')
    : String(value);

function print(figures: Figures, format: string | undefined): void {
  if (format === 'json') {
    console.log(JSON.stringify(figures));
    return;
  }
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${shown(value)}`);
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined) list();
else if (!benches().some((bench) => bench.name === name)) {
  console.error(`there is no bench "${name}"`);
  list();
  process.exitCode = 2;
} else {
  const { format, ...options } = optionsOf(args);
  print(await (await load(name))(options), format);
}

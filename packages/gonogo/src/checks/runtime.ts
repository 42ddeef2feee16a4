import type { Program } from '../domain/check.ts';
import { messageOf } from '../errors.ts';
import type { Ran } from '../ports/vantage.ts';
import { execute } from './command.ts';
import { type Answer, fail, type Kind, pass } from './kind.ts';
import { excerpt } from './words.ts';

/** How each is asked for its version, and where in what it prints that stands. */
const asked: Readonly<Record<Program, { readonly argv: readonly string[]; readonly says: RegExp }>> = {
  node: { argv: ['node', '--version'], says: /^v(\d[\d.]*)/m },
  bun: { argv: ['bun', '--version'], says: /^(\d[\d.]*)/m },
  deno: { argv: ['deno', '--version'], says: /^deno (\d[\d.]*)/m },
  java: { argv: ['java', '-version'], says: /^\w+ version "(\d[\d.]*)/m },
  php: { argv: ['php', '--version'], says: /^PHP (\d[\d.]*)/m },
  python: { argv: ['python3', '--version'], says: /^Python (\d[\d.]*)/m },
  ruby: { argv: ['ruby', '--version'], says: /^ruby (\d[\d.]*)/m },
};

/** Asks what runs the service for its version, where the service runs. One that cannot be known is no pass. */
export const runtime: Kind<'runtime'> = async ({ program, versions }, { at, signal, redact }) => {
  const { argv, says } = asked[program];
  const ran = await execute(argv, at, signal).catch((error: unknown) => messageOf(error));
  if (typeof ran === 'string') return unknown(ran);
  const version = says.exec(ran.stdout + ran.stderr)?.[1];
  if (version === undefined) return unknown(saidInstead(argv, ran, redact));
  const { coerce, satisfies } = await import('semver');
  if (satisfies(coerce(version) ?? version, versions)) return pass(`is ${version}`);
  const hint = 'install another, build the image from another, or correct contract.runtime';
  return fail('version', `is ${version}, and the release needs ${versions}`, hint);
};

const unknown = (why: string): Answer => ({
  verdict: 'unknown',
  saw: `its version cannot be known: ${why}`,
  hint: 'see that the release can call it by its name, or take it out of contract.runtime',
  failure: 'version',
});

/** 127 is what the first process of a container, like a shell, ends with when there is no such command. */
function saidInstead(argv: readonly string[], ran: Ran, redact: (text: string) => string): string {
  if (ran.code === 127) return `there is no command ${argv[0]}`;
  const text = redact(ran.stdout + ran.stderr).trim();
  return `${argv.join(' ')} ${text === '' ? `ended with exit code ${ran.code}` : `said ${excerpt(text, 200)}`}`;
}

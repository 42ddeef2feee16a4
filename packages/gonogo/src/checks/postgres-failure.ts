import { messageOf } from '../errors.ts';
import { type Answer, fail } from './kind.ts';
import { networkFailure } from './network.ts';
import type { Dialled } from './postgres.ts';
import { tlsFailure } from './tls.ts';

type Meaning = { readonly failure: string; readonly hint: (message: string) => string };

const reached = 'the server is reached, but';

/** What PostgreSQL's codes mean to whoever deploys (PostgreSQL, appendix A). */
const meanings: Readonly<Record<string, Meaning>> = {
  '28P01': {
    failure: 'auth',
    hint: () => `${reached} it does not take this user’s password: correct it in the URL`,
  },
  '28000': { failure: 'auth', hint: admissionHint },
  '3D000': {
    failure: 'database',
    hint: () => `${reached} it has no such database: create it, or correct its name`,
  },
  '53300': {
    failure: 'busy',
    hint: () => `${reached} all its connections are taken: raise max_connections or use fewer`,
  },
  '57P03': { failure: 'busy', hint: () => `${reached} it is starting or stopping` },
  '42501': {
    failure: 'permission',
    hint: () => 'the user may log in, but not do this: grant it what it needs',
  },
};

function admissionHint(message: string): string {
  if (!message.includes('pg_hba')) return `${reached} it does not admit this user`;
  const address = /host "([^"]+)"/.exec(message)?.[1] ?? 'this address';
  return `${reached} it does not admit ${address}: its pg_hba.conf needs an entry for it`;
}

/** Why a login or a query failed. */
export function databaseFailure(error: unknown, { source, progress }: Dialled): Answer {
  const code = String((error as { code?: unknown }).code);
  const message = messageOf(error);
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (meaning) return fail(meaning.failure, message, meaning.hint(message));
  // Five characters are a SQLSTATE, but so are EPIPE and its like.
  if (/^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' && code !== 'EPERM') return fail('query', message);
  if (/terminated/.test(message) || (code === 'ECONNRESET' && progress.connected)) return closed(source);
  if (/SSL connection/.test(message)) {
    return fail('tls', 'the server does not speak TLS', 'take sslmode away, or switch TLS on in the server');
  }
  return tlsFailure(error) ?? networkFailure(error, progress);
}

const closed = (source = 'this address'): Answer =>
  fail(
    'closed',
    'opened, then closed without an answer',
    `something in front does not admit ${source}: most likely an allow-list or a firewall rule that lacks this address`,
  );

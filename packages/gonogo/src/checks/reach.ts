import { type CheckSpec, programs } from '../domain/check.ts';
import type { Contract } from '../domain/release.ts';
import type { Values } from '../domain/revision.ts';
import { fill } from '../domain/template.ts';

/** Nothing that was sent by a server with an error of its own: it was reached. */
const anyAnswer = Array.from({ length: 400 }, (_, index) => 100 + index);

const once = { times: 0, delay: 0 } as const;

/**
 * The checks that prove `contract.reach`, named `reach <entry as it is written>`. What `${NAME}` asks for is decided by
 * the scheme of its value, but values stay out of the specs. PostgreSQL is logged in to; over HTTP any status below
 * 500 will do; of everything else only the port is asked. A name without a value fails when it is asked.
 */
export const reachSpecs = (contract: Pick<Contract, 'reach'>, values: Values = {}): CheckSpec[] =>
  contract.reach.map((entry) => reachSpec(entry, values));

function reachSpec(entry: string, values: Values): CheckSpec {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(fill(entry, values))?.[1]?.toLowerCase();
  const base = { name: `reach ${entry}`, retry: once, tags: ['reach'] };
  if (scheme === 'postgres' || scheme === 'postgresql') {
    return { ...base, kind: 'postgres', url: entry, query: 'SELECT 1', timeout: 3000 };
  }
  if (scheme === 'http' || scheme === 'https') {
    const asked = { method: 'GET', url: entry, headers: {}, expect: { status: anyAnswer } };
    return { ...base, kind: 'http', ...asked, timeout: 5000 };
  }
  return { ...base, kind: 'tcp', address: entry, timeout: 3000 };
}

/** One check for each variable that the contract declares, named `env NAME`. */
export const contractSpecs = (contract: Pick<Contract, 'env'>): CheckSpec[] =>
  Object.entries(contract.env).map(([variable, rule]) => ({
    name: `env ${variable}`,
    kind: 'env',
    variable,
    rule,
    timeout: 1000,
    retry: once,
    tags: ['env'],
  }));

/** One check for each program whose versions the contract names, named `runtime node`. */
export const runtimeSpecs = ({ runtime = {} }: Pick<Contract, 'runtime'>): CheckSpec[] =>
  programs.flatMap((program) => {
    const versions = runtime[program];
    if (versions === undefined) return [];
    const base = { name: `runtime ${program}`, timeout: 30_000, retry: once, tags: ['runtime'] };
    return [{ ...base, kind: 'runtime', program, versions }];
  });

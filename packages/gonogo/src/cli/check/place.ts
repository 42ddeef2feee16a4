import type { CheckPlan, Environment } from '../../config/project.ts';
import { resolveValues } from '../../config/values.ts';
import type { Address } from '../../domain/environment.ts';
import type { Values } from '../../domain/revision.ts';
import { problem } from '../../errors.ts';
import type { Vantage } from '../../ports/vantage.ts';
import { stateRoot } from '../context.ts';
import { frontUrl } from './front-url.ts';

/** What is checked: an environment, an address, or both. */
export type Place = {
  /** `shop → production`, as the report says it. */
  readonly subject: string;
  readonly values: Values;
  /** From where the front is asked. */
  readonly vantage: Vantage;
  /** From where `contract.reach` is proved: the address the environment's instances have. */
  readonly reachVantage: Vantage;
};

/**
 * Resolves an environment's values and its front; without an environment, the shell variables that the contract names.
 * Fails with ENVIRONMENT_UNKNOWN, USAGE, or every problem of its `env:` sources at once (an AggregateError).
 */
export async function placeOf(
  plan: CheckPlan,
  name: string | undefined,
  url: string | undefined,
): Promise<Place> {
  const environment = name === undefined ? undefined : environmentOf(plan, name);
  const from = { contract: plan.contract, shell: process.env, folder: plan.folder };
  const { values, problems } = await resolveValues(environment ?? { env: [] }, from);
  if (problems.length > 0) throw new AggregateError(problems);
  const base = url === undefined ? await frontOf(plan, name, environment) : checkedUrl(url);
  const vantage: Vantage = {
    from: 'this machine',
    values,
    cwd: plan.folder,
    ...(base === undefined ? {} : { base }),
  };
  const address = environment?.spec.address ?? '127.0.0.1';
  const reachVantage = address === '127.0.0.1' ? vantage : { ...vantage, localAddress: address };
  return { subject: subjectOf(plan.service, name, url), values, vantage, reachVantage };
}

function environmentOf({ environments }: CheckPlan, name: string): Environment {
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (!found) throw problem('ENVIRONMENT_UNKNOWN', { name, known: Object.keys(environments) });
  return found;
}

/** Where an environment is asked: what it listens on, else what the agent says, because it chose the port. */
async function frontOf(
  plan: CheckPlan,
  name: string | undefined,
  environment: Environment | undefined,
): Promise<string | undefined> {
  if (name === undefined || !environment) return undefined;
  const listen = environment.spec.listen ?? (await askAgent(plan, name));
  return listen && frontUrl(listen, environment.spec.proxy);
}

async function askAgent({ id, service }: CheckPlan, environment: string): Promise<Address | undefined> {
  const { findAgent } = await import('../../api/hello.ts');
  const { stateFolder } = await import('../../system/state.ts');
  const agent = await findAgent(stateFolder(stateRoot()).agentSocket);
  const statuses = (await agent?.api.status({ project: id, environment })) ?? [];
  return statuses.find((status) => status.service === service)?.front;
}

function checkedUrl(url: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw problem('USAGE', { what: '--url must be an address such as https://shop.example' });
}

function subjectOf(service: string, environment: string | undefined, url: string | undefined): string {
  const named = environment === undefined ? service : `${service} → ${environment}`;
  if (url === undefined) return named;
  const { origin, pathname } = new URL(url);
  return `${named} at ${origin}${pathname.replace(/\/$/, '')}`;
}

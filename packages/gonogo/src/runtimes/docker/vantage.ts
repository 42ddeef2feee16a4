import type { InstanceId } from '../../ports/runtime.ts';
import type { Gap, Vantage } from '../../ports/vantage.ts';
import { identify } from '../../system/process.ts';
import { askedFor } from './engine.ts';
import { execIn } from './exec.ts';
import { addressOf } from './render.ts';
import type { DockerTools } from './tools.ts';
import type { Found } from './world.ts';

/**
 * What is asked by a path goes through the published port, as the router's requests do; everything else is asked in the
 * container's network, with its resolver: `nsenter` needs nothing in the image, and root.
 */
export async function vantageOf(
  tools: DockerTools,
  found: Found | undefined,
  instance: InstanceId,
): Promise<Vantage | Gap> {
  if (!found) return { gap: `${instance} does not exist` };
  const { place, state } = found;
  if (state.is === 'ended') return { gap: `the container of ${instance} has ended, and its network with it` };
  const { engine } = tools;
  const question = engine.calls.getContainer(found.container).inspect();
  const detail = await askedFor(engine, 'inspect a container', question);
  const identity = identify(state.pid);
  if (!detail || !identity) return { gap: `the container of ${instance} is gone` };
  return {
    from: place.pool.slot,
    base: `http://${addressOf(place.host, place.port)}`,
    values: environmentIn(detail.Config.Env),
    cwd: detail.Config.WorkingDir || '/',
    run: execIn(tools, found.container),
    inside: { process: identity, base: `http://127.0.0.1:${place.inner}` },
  };
}

const environmentIn = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

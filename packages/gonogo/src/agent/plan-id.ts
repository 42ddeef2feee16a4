import type { Assembly } from '../assemble.ts';
import type { RolloutSpec } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import { canonicalJson, sha256 } from '../system/digest.ts';

/**
 * Names a plan in the world it was made for: the same steps on a router that has moved since are another plan. Who asks,
 * and how the rollout will be called, is not part of it.
 */
export async function planIdOf(
  assembly: Assembly,
  { spec, plan }: { readonly spec: RolloutSpec; readonly plan: Plan },
): Promise<string> {
  const { id: _, by: __, ...about } = spec;
  const { generation } = await assembly.router.observe(spec.target);
  return `plan-${sha256(canonicalJson({ about, plan, generation })).slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

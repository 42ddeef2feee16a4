import type { Client } from '../../api/client.ts';
import type { Place } from '../context.ts';
import type { Format } from '../options.ts';
import { print, printJson } from '../output.ts';
import { paletteFor } from '../print/palette.ts';
import { planLines } from '../print/plan.ts';
import { deployInput, type Prepared } from './prepare.ts';

/** `gonogo deploy ENV --plan`: prints the steps that a deploy would take now. */
export async function tellPlan(
  agent: Client,
  { place, prepared }: { readonly place: Place; readonly prepared: Prepared },
  format: Format,
): Promise<void> {
  const plan = await agent.plan(deployInput(place, prepared));
  if (format === 'json') printJson(plan);
  else print(...planLines(plan, paletteFor(process.stdout)));
}

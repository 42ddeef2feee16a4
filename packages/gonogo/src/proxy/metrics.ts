import { connectRpc } from '../system/rpc.ts';
import { StatsWire } from '../wire/proxy.ts';
import { addTraffic } from '../wire/traffic.ts';

/** Every fourth of our bounds: a factor of about 2.4 from one bucket to the next. */
const bucketStep = 4;

/** A worker that does not answer within this is left out. */
const patience = 1_000;

/** The counts of several workers as one page in Prometheus' text format, version 0.0.4. */
export async function allMetrics(sockets: readonly string[]): Promise<string> {
  const stats = await Promise.all(sockets.map(statsAt));
  return metricsPage(stats.filter((one) => one !== undefined));
}

async function statsAt(socket: string): Promise<StatsWire | undefined> {
  try {
    const client = await connectRpc(socket);
    const timer = setTimeout(() => client.close(), patience);
    try {
      return StatsWire.parse(await client.call('stats'));
    } finally {
      clearTimeout(timer);
      client.close();
    }
  } catch {
    return undefined; // It is being started again; `gonogo_proxy_workers` shows it.
  }
}

type Sample = { readonly name?: string; readonly labels: Labels; readonly value: number };
type Labels = Readonly<Record<string, string | number>>;
type Slot = StatsWire['targets'][number]['slots'][number];

/** Counts of workers are added up; what is one fact (members, weights, generation) is taken from the first. */
function metricsPage(workers: readonly StatsWire[]): string {
  const [first] = workers;
  if (!first) return '';
  const sum = (of: (worker: StatsWire) => number): number => workers.reduce((all, one) => all + of(one), 0);
  const slots = first.targets.flatMap(({ target, slots: own }) =>
    own.map((slot) => ({ labels: { target, slot: slot.slot }, slot: sumOf(workers, target, slot) })),
  );
  const perSlot = (of: (slot: Slot) => number): Sample[] =>
    slots.map(({ labels, slot }) => ({ labels, value: of(slot) }));
  const held = first.targets.map(({ target }) => ({
    labels: { target },
    value: sum((worker) => worker.targets.find((one) => one.target === target)?.held ?? 0),
  }));
  const generations = first.targets.map(({ target, generation }) => ({
    labels: { target },
    value: generation,
  }));
  const all = (of: (worker: StatsWire) => number): Sample[] => [{ labels: {}, value: sum(of) }];
  const started = [{ labels: {}, value: first.startedAt }];
  const errors = perSlot((one) => one.errors);
  const families: readonly Family[] = [
    ['requests_total', 'counter', 'Requests by the first digit of the status.', requestSamples(slots)],
    ['errors_total', 'counter', 'Answers 5xx, and requests without a complete answer.', errors],
    ['request_duration_seconds', 'histogram', 'To the head of the answer.', slots.flatMap(histogram)],
    ['in_flight', 'gauge', 'Requests under way.', perSlot((one) => one.inFlight)],
    ['members', 'gauge', 'Instances that receive requests.', perSlot((one) => one.members)],
    ['weight', 'gauge', 'The share of a slot in its traffic.', perSlot((one) => one.weight)],
    ['generation', 'gauge', 'Grows with every change of the split.', generations],
    ['held', 'gauge', 'Requests that wait for a cutover to end.', held],
    ['connections', 'gauge', 'Client connections.', all((one) => one.connections)],
    ['workers', 'gauge', 'Processes that answered for this page.', all(() => 1)],
    ['resident_memory_bytes', 'gauge', 'Memory of all workers.', all((one) => one.rss)],
    ['cpu_seconds_total', 'counter', 'Processor time of all workers.', all((one) => one.cpu)],
    ['start_time_seconds', 'gauge', 'When the first worker was started.', started],
  ];
  return families.map(familyText).join('');
}

type Family = readonly [
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
];

type Slotted = { readonly labels: Labels; readonly slot: Slot };

/** Requests that broke before an answer have no status; they are counted as `none`. */
const requestSamples = (slots: readonly Slotted[]): Sample[] =>
  slots.flatMap(({ labels, slot }) => {
    const none = slot.requests - slot.statuses.reduce((all, one) => all + one, 0);
    const coded = slot.statuses.map((value, i) => ({ labels: { ...labels, code: `${i + 1}xx` }, value }));
    return [
      ...coded.slice(1),
      { labels: { ...labels, code: 'none' }, value: none + (slot.statuses[0] ?? 0) },
    ];
  });

function histogram({ labels, slot }: Slotted): Sample[] {
  const { bounds, counts } = slot.latency;
  const samples: Sample[] = [];
  let total = 0;
  for (const [i, count] of counts.entries()) {
    total += count;
    const bound = bounds[i];
    if (bound !== undefined && i % bucketStep === bucketStep - 1) {
      samples.push({ name: '_bucket', labels: { ...labels, le: bound / 1000 }, value: total });
    }
  }
  samples.push({ name: '_bucket', labels: { ...labels, le: '+Inf' }, value: total });
  samples.push({ name: '_sum', labels, value: slot.ms / 1000 });
  return [...samples, { name: '_count', labels, value: total }];
}

/** Adds up what the workers counted of one slot. */
function sumOf(workers: readonly StatsWire[], target: string, like: Slot): Slot {
  const all = workers.flatMap((worker) =>
    worker.targets.flatMap((one) =>
      one.target === target ? one.slots.filter((slot) => slot.slot === like.slot) : [],
    ),
  );
  return { ...like, ...addTraffic(all) };
}

function familyText([short, type, help, samples]: Family): string {
  const name = `gonogo_proxy_${short}`;
  const lines = samples.map(
    ({ name: suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

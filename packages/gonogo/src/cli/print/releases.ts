import type { ReleaseView, VerifiedRelease } from '../../api/contract.ts';
import type { ReleaseRecord } from '../../domain/release-record.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
import { ago, bytes } from './time.ts';

/** `gonogo releases`: a line a release. */
export function releaseLines(releases: readonly ReleaseView[], now: number, palette: Palette): string[] {
  if (releases.length === 0) return ['no release yet; build one with: gonogo release'];
  return columns(releases.map((release) => row(release, now, palette)));
}

function row(release: ReleaseView, now: number, { green, yellow, dim, red }: Palette): string[] {
  const proven = release.proven.map(({ environment }) => environment);
  return [
    release.release,
    ago(release.builtAt, now),
    sourceOf(release),
    bytes(release.size.bytes),
    release.live.length > 0 ? green(`live in ${release.live.join(', ')}`) : '',
    release.warm.length > 0 ? yellow(`warm in ${release.warm.join(', ')}`) : '',
    proven.length > 0 ? `proven in ${proven.join(', ')}` : dim('not proven'),
    release.here ? '' : red('its files are not here'),
  ];
}

/** `1a2b3c4`, with `+` when there were changes that are not committed. */
const sourceOf = ({ source }: Pick<ReleaseRecord, 'source'>): string =>
  source ? `${source.revision.slice(0, 7)}${source.dirty ? '+' : ''}` : '';

/** Where a release came from, under the line that says it was built. */
export function recordLines(record: ReleaseRecord, now: number): string[] {
  const { source, lockfile, packages, needs, builtAt, builtBy } = record;
  const changes = source?.dirty ? ', with changes that are not committed' : '';
  const modules = needs.native.map(({ name, platforms }) => `${name} for ${platforms.join(', ')}`);
  return columns([
    ['  built', `${ago(builtAt, now)} by ${builtBy}`],
    ...(source ? [['  from', `${source.revision.slice(0, 12)}${changes}`]] : []),
    ...(lockfile ? [['  lockfile', `${lockfile.path} ${lockfile.digest.slice(0, 19)}`]] : []),
    ['  packages', `${packages}`],
    ...(needs.node === undefined ? [] : [['  needs', `Node.js ${needs.node}`]]),
    ...modules.map((module) => ['  native', module]),
  ]);
}

/** `gonogo releases verify`: a line a release. */
export const verifyLines = (verified: readonly VerifiedRelease[], { green, red }: Palette): string[] =>
  verified.length === 0
    ? ['there is no release to verify']
    : verified.map(({ release, intact, why }) =>
        intact ? `${green('✓')} ${release}` : `${red('✗')} ${release}   ${why ?? ''}`,
      );

import { type Release, releaseName } from '../../domain/release.ts';
import { problem } from '../../errors.ts';
import { bytes } from '../print/time.ts';
import type { Building, BuiltRelease } from './artifact.ts';
import { onInterrupt } from './interrupt.ts';
import type { Screen } from './screen.ts';

/** Builds while Ctrl-C stops it, the first time gently. Fails with INTERRUPTED then. */
export async function interruptibly<T>(screen: Screen, work: (building: Building) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupts = onInterrupt(
    () => stop.abort(),
    () => process.exit(1),
  );
  try {
    const result = await work({ signal: stop.signal, onOutput: (text) => screen.output(text) });
    stop.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw stop.signal.aborted ? problem('INTERRUPTED', { what: 'the release was packed' }) : error;
  } finally {
    interrupts.release();
  }
}

/** `packed shop@9f3c2a1: 12 files, 3.4 MB` */
export function builtLine({ release, size }: BuiltRelease): string {
  const name = nameOf(release);
  if (release.artifact.kind === 'image') return `built ${name}: an image of ${bytes(size.bytes)}`;
  const files = `${size.entries} ${size.entries === 1 ? 'file' : 'files'}`;
  return `packed ${name}: ${files}, ${bytes(size.bytes)}`;
}

/** `shop@9f3c2a1` */
export const nameOf = ({ manifest, digest }: Release): string => releaseName(manifest.service, digest);

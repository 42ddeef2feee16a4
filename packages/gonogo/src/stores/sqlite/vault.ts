import { randomBytes } from 'node:crypto';
import { chmod, link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Values } from '../../domain/revision.ts';
import { problem } from '../../errors.ts';
import type { Vault } from '../../ports/vault.ts';
import { canonicalJson, hmac } from '../../system/digest.ts';
import { onDisk } from '../../system/disk.ts';
import { isErrno, makePrivateFolder, readIfPresent, writeFileAtomic } from '../../system/files.ts';

const keyBytes = 32;

/** Opens the vault: a folder of mode 0700 with a file of mode 0600 per revision, and the key that signs values. */
export const openVault = (folder: string): Promise<Vault> =>
  onDisk(folder, async () => {
    await makePrivateFolder(folder);
    await chmod(folder, 0o700);
    await removeLeftovers(folder);
    const key = await openKey(folder);
    const path = (revision: string): string => join(folder, `${named(revision)}.json`);
    return {
      put: async (revision, values) => {
        const target = path(revision);
        await onDisk(target, () => writeFileAtomic(target, canonicalJson(values)));
      },
      open: async (revision) => openValues(revision, path(revision)),
      forget: async (revision) => {
        const target = path(revision);
        await onDisk(target, () => rm(target, { force: true }));
      },
      list: () => onDisk(folder, () => revisionsIn(folder)),
      sign: async (values) => hmac(key, canonicalJson(values)),
    };
  });

async function revisionsIn(folder: string): Promise<{ revision: string; at: number }[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && name.endsWith('.json'));
  return await Promise.all(
    names.map(async (name) => ({
      revision: name.slice(0, -'.json'.length),
      at: (await stat(join(folder, name))).mtimeMs,
    })),
  );
}

/** A revision's name reaches a file name, so it must be one. */
function named(revision: string): string {
  if (/^[a-z0-9][a-z0-9.-]{0,99}$/i.test(revision)) return revision;
  throw problem('INTERNAL', { what: `${JSON.stringify(revision)} is not the name of a revision` });
}

async function openValues(revision: string, path: string): Promise<Values> {
  const text = await onDisk(path, () => readIfPresent(path));
  if (text === undefined) throw problem('REVISION_MISSING', { revision, path });
  try {
    return JSON.parse(text) as Values;
  } catch {
    // Not passed on as the cause: its message quotes the text, which holds secrets.
    throw problem('STATE_UNUSABLE', { path, why: 'it is not the JSON that gonogo wrote' });
  }
}

/** The signing key, made once: it is linked into place whole, so two that make it at once agree on one. */
async function openKey(folder: string): Promise<Buffer> {
  const path = join(folder, 'key');
  const made = join(folder, `.key-${randomBytes(6).toString('hex')}.tmp`);
  if ((await readIfPresent(path)) === undefined) {
    await writeFileAtomic(made, randomBytes(keyBytes));
    await link(made, path).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
    await rm(made);
  }
  const key = await readFile(path);
  if (key.length !== keyBytes)
    throw problem('STATE_UNUSABLE', { path, why: `it is not a key of ${keyBytes} bytes` });
  return key;
}

const hour = 3_600_000;

/** Temporary files of a write that a crash cut short: they hold values that nobody would ever forget. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.startsWith('.') && name.endsWith('.tmp') && (await isOld(path))) await rm(path, { force: true });
  }
}

/** So old that nobody is still writing it. Another may have taken it away meanwhile: then it is not ours to remove. */
async function isOld(path: string): Promise<boolean> {
  const stats = await stat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  return stats !== undefined && Date.now() - stats.mtimeMs > hour;
}

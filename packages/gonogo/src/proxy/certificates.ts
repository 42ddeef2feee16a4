import { stat } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import { messageOf } from '../errors.ts';
import { type Certificate, type CertificateFiles, readCertificate } from '../system/certificate.ts';

type Loaded = Certificate & {
  readonly files: CertificateFiles;
  /** What the files were when they were read. */
  readonly stamp: string;
};

/** How often, in milliseconds, it is looked whether files have changed. */
const lookEvery = 1_000;

/**
 * The certificates of a proxy, read again when their files change. What cannot be read leaves the last good one in
 * use: a renewal that writes one file after the other must not cost a connection.
 */
export class Certificates {
  #loaded: readonly Loaded[] = [];
  #files: readonly CertificateFiles[] = [];
  readonly #tell: (sentence: string) => void;
  #told = '';
  #timer: NodeJS.Timeout | undefined;
  #first: ((pair: Certificate['pair']) => void) | undefined;

  constructor(tell: (sentence: string) => void) {
    this.#tell = tell;
  }

  /** Calls back with the pair for those who ask for no name, whenever it is another one. */
  onFirst(listener: (pair: Certificate['pair']) => void): void {
    this.#first = listener;
  }

  /** Serves exactly these from when it resolves. */
  async use(files: readonly CertificateFiles[]): Promise<void> {
    if (JSON.stringify(files) === JSON.stringify(this.#files)) return;
    this.#files = files;
    clearInterval(this.#timer);
    if (files.length > 0) this.#timer = setInterval(() => void this.#look(), lookEvery).unref();
    await this.#look();
  }

  /** The certificate for a name (RFC 6066 §3), or else the first; undefined when there is none. */
  contextFor(name: string): SecureContext | undefined {
    const [first] = this.#loaded;
    return (this.#loaded.find(({ names }) => names.checkHost(name) !== undefined) ?? first)?.context;
  }

  async #look(): Promise<void> {
    const wanted = this.#files;
    const loaded: Loaded[] = [];
    const wrong: string[] = [];
    for (const files of wanted) {
      const before = this.#loaded.find(
        (one) => one.files.certificate === files.certificate && one.files.key === files.key,
      );
      try {
        loaded.push(await reload(files, before));
      } catch (error) {
        wrong.push(messageOf(error));
        if (before) loaded.push(before);
      }
    }
    if (wanted !== this.#files) return; // Others were asked for meanwhile.
    const [before, first] = [this.#loaded[0], loaded[0]];
    this.#loaded = loaded;
    if (first && first !== before) this.#first?.(first.pair);
    const says = wrong.join('; ');
    if (says !== this.#told && says !== '') this.#tell(says);
    this.#told = says;
  }
}

async function reload(files: CertificateFiles, before: Loaded | undefined): Promise<Loaded> {
  const stamp = (await Promise.all([stampOf(files.certificate), stampOf(files.key)])).join(' ');
  return before?.stamp === stamp ? before : { files, stamp, ...(await readCertificate(files)) };
}

/** Follows links, which is how renewals usually switch. */
async function stampOf(path: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(path);
  return `${ino}.${mtimeMs}.${size}`;
}

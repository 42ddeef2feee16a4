import { closeSync, fstatSync, openSync, statSync, write, writeSync } from 'node:fs';

/** What is told of one request. */
export type Entry = {
  readonly remote: string;
  readonly method: string;
  readonly host: string;
  /** The request target, with its query. */
  readonly path: string;
  /** 0: there was no answer. */
  readonly status: number;
  /** Written to the client, heads included. */
  readonly bytes: number;
  readonly ms: number;
  readonly id: string;
  readonly target?: string;
  readonly slot?: string;
  readonly instance?: string;
  /** The answer did not arrive in full. */
  readonly cut?: true;
};

export type AccessLogOptions = {
  readonly file: string;
  /** Whether query strings are written: they hold what people typed. */
  readonly query: boolean;
};

/** Lines wait this long at most, in milliseconds. */
const pause = 200;
/** How often, in milliseconds, it is looked whether the file was renamed or removed, and so is to be opened anew. */
const lookEvery = 1_000;
/** What may wait for a slow disk, in characters; what is more is lost, since requests must not wait for a log. */
const most = 4_194_304;

/** JSON lines, one a request. Several workers append to one file; each writes whole lines at once. */
export class AccessLog {
  readonly file: string;
  readonly query: boolean;
  #lines: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #fd: number | undefined;
  #looked = 0;
  #writing = false;

  constructor({ file, query }: AccessLogOptions) {
    this.file = file;
    this.query = query;
  }

  write(entry: Entry): void {
    if (this.#size > most) return;
    const path = this.query ? entry.path : entry.path.replace(/\?.*$/s, '');
    const ms = Math.round(entry.ms * 1000) / 1000;
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...entry, path, ms })}\n`;
    this.#lines.push(line);
    this.#size += line.length;
    this.#timer ??= setTimeout(() => this.#flush(), pause).unref();
  }

  /** Writes what waits, and closes the file. */
  close(): void {
    clearTimeout(this.#timer);
    try {
      if (this.#lines.length > 0) writeSync(this.#open(), this.#take());
    } catch {
      // The disk is full or the folder is gone: there is nowhere to say so but here.
    }
    if (this.#fd !== undefined && !this.#writing) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#lines.length === 0 || this.#writing) return;
    try {
      const fd = this.#open();
      this.#writing = true;
      write(fd, this.#take(), () => {
        this.#writing = false;
        if (this.#fd !== fd) closeSync(fd); // The log was closed meanwhile.
        if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#flush(), pause).unref();
      });
    } catch {
      this.#take(); // It cannot be opened: users are served all the same.
    }
  }

  #take(): string {
    const text = this.#lines.join('');
    this.#lines = [];
    this.#size = 0;
    return text;
  }

  /** The file that has the name now. */
  #open(): number {
    const now = performance.now();
    if (this.#fd !== undefined && !this.#writing && now - this.#looked > lookEvery) {
      this.#looked = now;
      if (!isAt(this.#fd, this.file)) {
        closeSync(this.#fd);
        this.#fd = undefined;
      }
    }
    this.#fd ??= openSync(this.file, 'a', 0o600);
    return this.#fd;
  }
}

function isAt(fd: number, path: string): boolean {
  const [open, named] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })];
  return named !== undefined && open.ino === named.ino && open.dev === named.dev;
}

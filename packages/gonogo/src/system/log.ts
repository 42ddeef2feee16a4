import { appendFileSync, chmodSync, copyFileSync, statSync, truncateSync } from 'node:fs';

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What a line says besides its sentence. Never a value of an environment, and never an input as it came. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Logger = {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  error(msg: string, fields?: Fields): void;
  fatal(msg: string, fields?: Fields): void;
};

export type LogOptions = {
  readonly now: () => number;
  /** Where lines go besides the file, for an agent in the foreground. */
  readonly also?: (line: string) => void;
  /** `debug` lines are left out unless this is true. */
  readonly debug?: boolean;
  /** Size in bytes at which the file becomes `<path>.1`; default 10 MiB. */
  readonly maxBytes?: number;
};

/**
 * Writes JSON lines `{ level, time, pid, msg, …fields }` to a file of mode 0600, and keeps one earlier file.
 * A line that cannot be written is dropped: a full disk must not end the process that serves users.
 */
export function openLog(path: string, options: LogOptions): Logger {
  const write = (level: Level, msg: string, fields: Fields = {}): void => {
    if (level === 'debug' && !options.debug) return;
    const time = new Date(options.now()).toISOString();
    const line = `${JSON.stringify({ level, time, pid: process.pid, msg, ...fields })}\n`;
    options.also?.(line);
    append(path, line, options.maxBytes ?? 10 * 1024 * 1024);
  };
  return {
    debug: (msg, fields) => write('debug', msg, fields),
    info: (msg, fields) => write('info', msg, fields),
    warn: (msg, fields) => write('warn', msg, fields),
    error: (msg, fields) => write('error', msg, fields),
    fatal: (msg, fields) => write('fatal', msg, fields),
  };
}

function append(path: string, line: string, maxBytes: number): void {
  try {
    appendFileSync(path, line, { mode: 0o600 });
    if (statSync(path).size > maxBytes) rotate(path);
  } catch {
    // Safe to drop: there is no better place to say that the log cannot be written.
  }
}

/** Copies and truncates, because the process's own stdout and stderr keep this file open for appending. */
function rotate(path: string): void {
  copyFileSync(path, `${path}.1`);
  chmodSync(`${path}.1`, 0o600);
  truncateSync(path, 0);
}

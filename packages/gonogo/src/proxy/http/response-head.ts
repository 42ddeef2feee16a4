import {
  bad,
  endsAt,
  isNormal,
  isValue,
  lengthAt,
  line,
  listOf,
  more,
  noNames,
  normalLine,
  readField,
  startsWith,
  valueText,
  without,
} from './fields.ts';
import type { KnownName } from './names.ts';
import { cr, fieldOctet, lf, space, textAt } from './octets.ts';

/** An answer's head as far as a proxy must understand it. Read by `readResponse`. */
export type ResponseHead = {
  status: number;
  /** The status line and the end-to-end field lines in order, each with its CRLF. */
  kept: string;
  /** Content-Length, or -1. */
  length: number;
  chunked: boolean;
  /** The instance lets the connection be used again. */
  keepAlive: boolean;
  /** Idle time in milliseconds after which the instance closes the connection, by its Keep-Alive field; or -1. */
  idle: number;
  /** Server-sent events, which may be silent for as long as they like. */
  events: boolean;
  /** What its Connection field takes away: fields, and trailers too (RFC 9110 §7.6.1). */
  nominated: ReadonlySet<string>;
  /** The protocol it switches to, or nothing. */
  upgrade: string;
  /** The octet after the head. */
  end: number;
};

/** What is known only while the lines are read. */
const draft = { lengths: 0, codings: 0, coding: '', connection: '', upgrade: '', keepAlive: false };

type Span = { readonly at: number; readonly end: number };

/**
 * Reads an answer's head that begins at `at`. Answers `more` while it is not complete, and `bad` for what is not a valid
 * answer or may be read in two ways; `limit` is in octets.
 */
export function readResponse(
  bytes: Buffer,
  { at, end }: Span,
  limit: number,
): ResponseHead | typeof more | typeof bad {
  const head = emptyHead();
  const first = readStatusLine(bytes, { at, end }, head);
  const after = first < 0 ? first : readLines(bytes, { at: first, end }, head);
  if (after === bad) return bad;
  if (after === more) return end - at > limit ? bad : more;
  if (after - at > limit || !settle(head)) return bad;
  head.end = after;
  return head;
}

const start = Buffer.from('HTTP/1.');

/** `HTTP/1.1 200 OK` and CRLF; the reason may be missing, and the space before it then too. */
function readStatusLine(bytes: Buffer, { at, end }: Span, head: ResponseHead): number {
  for (let i = 0; i < start.length && at + i < end; i += 1)
    if ((bytes[at + i] as number) !== (start[i] as number)) return bad;
  if (end - at < 14) return more;
  const minor = (bytes[at + 7] as number) - 0x30;
  if ((minor !== 0 && minor !== 1) || (bytes[at + 8] as number) !== space) return bad;
  head.keepAlive = minor === 1;
  head.status = statusAt(bytes, at + 9);
  let i = at + 12;
  const reason = (bytes[i] as number) === space ? i + 1 : i;
  i = reason;
  while (i < end && (fieldOctet[bytes[i] as number] as number) === 1) i += 1;
  if (i + 1 >= end) return more;
  if ((bytes[i] as number) !== cr || (bytes[i + 1] as number) !== lf) return bad;
  if (head.status < 100 || (reason === at + 12 && i > reason)) return bad;
  head.kept = statusLine(bytes, { at, end: i }, { status: head.status, minor, reason });
  return i + 2;
}

function statusAt(bytes: Uint8Array, at: number): number {
  let status = 0;
  for (let i = at; i < at + 3; i += 1) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status;
}

const ok = 'HTTP/1.1 200 OK\r\n';

function statusLine(
  bytes: Buffer,
  { at, end }: Span,
  { status, minor, reason }: { status: number; minor: number; reason: number },
): string {
  if (status === 200 && minor === 1 && end - at === ok.length - 2 && (bytes[reason] as number) === 0x4f)
    return ok;
  return `HTTP/1.1 ${status} ${textAt(bytes, reason, end)}\r\n`;
}

/** Reads field lines up to the empty one, and answers where the body begins. */
function readLines(bytes: Buffer, { at, end }: Span, head: ResponseHead): number {
  draft.lengths = 0;
  draft.codings = 0;
  draft.coding = '';
  draft.connection = '';
  draft.upgrade = '';
  draft.keepAlive = false;
  let i = at;
  let run = at;
  for (;;) {
    const ends = endsAt(bytes, i, end);
    if (ends === 2) break;
    if (ends < 0) return ends;
    const next = readField(bytes, i, end);
    if (next < 0) return next;
    const passes = line.name === undefined || (note(bytes, line.name, head) && !isOurs(bytes, i));
    if (!passes || !isNormal(bytes, next)) {
      if (run < i) head.kept += textAt(bytes, run, i);
      run = next;
      if (passes) head.kept += normalLine(bytes, i);
    }
    i = next;
  }
  if (run < i) head.kept += textAt(bytes, run, i);
  return i + 2;
}

/** Learns from a known field, and answers whether it passes on. */
function note(bytes: Buffer, name: KnownName | 'spoofed', head: ResponseHead): boolean {
  switch (name) {
    case 'content-length':
      draft.lengths += 1;
      head.length = lengthAt(bytes);
      return false;
    case 'transfer-encoding':
      draft.codings += 1;
      draft.coding = valueText(bytes).toLowerCase();
      return false;
    case 'connection':
      if (isValue(bytes, 'keep-alive'))
        draft.keepAlive = true; // What most servers say.
      else draft.connection += `${valueText(bytes)},`;
      return false;
    case 'upgrade':
      draft.upgrade += valueText(bytes);
      return false;
    case 'keep-alive': {
      const [, seconds] = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(valueText(bytes)) ?? [];
      if (seconds !== undefined) head.idle = Number(seconds) * 1000;
      return false;
    }
    case 'content-type':
      head.events = startsWith(bytes, 'text/event-stream');
      return true;
    case 'proxy-connection':
    case 'proxy-authenticate':
    case 'proxy-authorization':
    case 'te':
    case 'http2-settings':
    case 'gonogo-confirm':
      return false;
    default:
      return true;
  }
}

/** Who answered is for the proxy to say. */
const isOurs = (bytes: Buffer, at: number): boolean =>
  line.name === 'spoofed' && /^gonogo[-_]/i.test(textAt(bytes, at, line.nameEnd));

/** What can be judged only when all lines are known; false when the framing is not certain. */
function settle(head: ResponseHead): boolean {
  if (draft.lengths > 1 || (draft.lengths === 1 && head.length < 0)) return false;
  if (draft.codings > 0) {
    if (draft.codings > 1 || draft.lengths > 0 || draft.coding !== 'chunked') return false;
    head.chunked = true;
  }
  if (draft.keepAlive) head.keepAlive = true;
  if (draft.connection === '') return true;
  const options = listOf(draft.connection);
  if (options.includes('close')) head.keepAlive = false;
  else if (options.includes('keep-alive')) head.keepAlive = true;
  if (options.includes('upgrade')) head.upgrade = draft.upgrade;
  head.nominated = new Set(options.filter((name) => !standing.has(name)));
  head.kept = without(head.kept, head.nominated);
  return true;
}

/** Options of a connection that are no names of fields, and fields that may not be nominated for removal. */
const standing = new Set(['close', 'keep-alive', 'upgrade', 'content-length', 'content-type', 'set-cookie']);

const emptyHead = (): ResponseHead => ({
  status: 0,
  kept: '',
  length: -1,
  chunked: false,
  keepAlive: true,
  idle: -1,
  events: false,
  nominated: noNames,
  upgrade: '',
  end: 0,
});

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
  valueText,
  without,
} from './fields.ts';
import type { KnownName } from './names.ts';
import { cr, lf, space, targetOctet, textAt, token } from './octets.ts';
import {
  headTooLarge,
  malformed,
  type Refusal,
  targetTooLong,
  unexpected,
  unknownCoding,
  unknownMethod,
  unknownVersion,
} from './refusal.ts';
import { destinationOf, isAuthority } from './target.ts';

/** What bounds a head. */
export type HeadLimits = { readonly headBytes: number; readonly fields: number; readonly uriBytes: number };

/** A request as far as a proxy must understand it. Read by `readRequest`, and not changed afterwards. */
export type RequestHead = {
  method: string;
  /** Origin form, or `*`. */
  target: string;
  minor: 0 | 1;
  /** As it was sent, with its port. Undefined only with HTTP/1.0. */
  host: string | undefined;
  /** End-to-end field lines that pass as they are, in order, each as `Name: value` and CRLF. */
  kept: string;
  /** Content-Length, or -1. */
  length: number;
  chunked: boolean;
  /** The client wants to use the connection again. */
  keepAlive: boolean;
  /** It waits for 100 before it sends its body. */
  expects: boolean;
  /** The protocols its connection could be switched to, as they were sent; empty if it could not be. */
  upgrade: string;
  /** It takes trailers. */
  trailers: boolean;
  /** What its Connection field takes away: fields, and trailers too (RFC 9110 §7.6.1). */
  nominated: ReadonlySet<string>;
  /** A well-formed X-Request-Id, or nothing. */
  id: string;
  /** `gonogo-confirm` and the fields of proxies in front of us, by their lower-case names, as they were sent. */
  given: Map<string, string> | undefined;
  /** The octet after the head. */
  end: number;
};

/** What is known only while the lines are read. */
const draft = { lengths: 0, codings: 0, coding: '', connection: '', upgrade: '', keepAlive: false };

/** Most requests name the same host as the one before. */
let lastHost = '';

const methods = ['POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

/**
 * Reads a request head that begins at `at`. Answers `more` while it is not complete, and a refusal for all that RFC 9112
 * calls invalid and for what different servers are known to read differently.
 */
export function readRequest(
  bytes: Buffer,
  { at, end }: { readonly at: number; readonly end: number },
  limits: HeadLimits,
): RequestHead | Refusal | typeof more {
  const head = emptyHead();
  const first = readRequestLine(bytes, { at, end }, { head, limits });
  if (typeof first !== 'number') return first;
  const after = first < 0 ? first : readLines(bytes, { at: first, end }, { head, limits });
  if (typeof after !== 'number') return after;
  if (after === more) return end - at > limits.headBytes ? headTooLarge : more;
  if (after - at > limits.headBytes) return headTooLarge;
  head.end = after;
  return settle(head) ?? head;
}

type Reading = { readonly head: RequestHead; readonly limits: HeadLimits };
type Span = { readonly at: number; readonly end: number };

function readRequestLine(bytes: Buffer, { at, end }: Span, { head, limits }: Reading): number | Refusal {
  let i = at;
  while (i < end && (token[bytes[i] as number] as number) !== 0) i += 1;
  if (i === end) return i - at > 64 ? malformed : more;
  if ((bytes[i] as number) !== space || i === at || i - at > 64) return malformed;
  head.method = methodAt(bytes, at, i);
  const start = i + 1;
  i = start;
  while (i < end && (targetOctet[bytes[i] as number] as number) === 1) i += 1;
  if (i - start > limits.uriBytes) return targetTooLong;
  if (i === end) return more;
  if ((bytes[i] as number) !== space || i === start) return malformed;
  head.target = textAt(bytes, start, i);
  return readVersion(bytes, { at: i + 1, end }, head);
}

function methodAt(bytes: Buffer, at: number, end: number): string {
  if (end - at === 3 && bytes[at] === 0x47 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x54) return 'GET';
  const text = textAt(bytes, at, end);
  return methods.find((method) => method === text) ?? text; // One string for all requests of a method.
}

/** `HTTP/1.1` and CRLF. */
function readVersion(bytes: Buffer, { at, end }: Span, head: RequestHead): number | Refusal {
  if (end - at < 10) return isPrefix(bytes, { at, end }) ? more : malformed;
  if (!isPrefix(bytes, { at, end: at + 5 }) || (bytes[at + 6] as number) !== 0x2e) return malformed;
  const [major, minor] = [(bytes[at + 5] as number) - 0x30, (bytes[at + 7] as number) - 0x30];
  if (major < 0 || major > 9 || minor < 0 || minor > 9) return malformed;
  if ((bytes[at + 8] as number) !== cr || (bytes[at + 9] as number) !== lf) return malformed;
  if (major !== 1 || minor > 1) return unknownVersion;
  head.minor = minor === 0 ? 0 : 1;
  return at + 10;
}

const version = Buffer.from('HTTP/');
function isPrefix(bytes: Buffer, { at, end }: Span): boolean {
  for (let i = 0; at + i < end && i < version.length; i += 1)
    if ((bytes[at + i] as number) !== (version[i] as number)) return false;
  return true;
}

/** Reads field lines up to the empty one, and answers where the body begins. */
function readLines(bytes: Buffer, { at, end }: Span, { head, limits }: Reading): number | Refusal {
  draft.lengths = 0;
  draft.codings = 0;
  draft.coding = '';
  draft.connection = '';
  draft.upgrade = '';
  draft.keepAlive = false;
  let i = at;
  let run = at; // Where the lines begin that pass untouched and are not copied yet.
  for (let count = 0; ; count += 1) {
    const ends = endsAt(bytes, i, end);
    if (ends === 2) break;
    if (ends === more) return more;
    const next = ends === bad ? bad : readField(bytes, i, end);
    if (next === more) return more;
    if (next === bad) return malformed;
    if (count === limits.fields) return headTooLarge;
    const refusal = line.name === undefined ? undefined : note(bytes, line.name, head);
    if (refusal) return refusal;
    const kept = line.name === undefined || passes(line.name);
    if (!kept || !isNormal(bytes, next)) {
      if (run < i) head.kept += textAt(bytes, run, i);
      run = next;
      if (kept) head.kept += normalLine(bytes, i);
    }
    i = next;
  }
  if (run < i) head.kept += textAt(bytes, run, i);
  return i + 2;
}

/** Known to us for other reasons, and passed on. */
const passes = (name: KnownName | 'spoofed'): boolean =>
  name === 'trailer' ||
  name === 'content-type' ||
  name === 'content-encoding' ||
  name === 'authorization' ||
  name === 'cookie' ||
  name === 'set-cookie';

function note(bytes: Buffer, name: KnownName | 'spoofed', head: RequestHead): Refusal | undefined {
  switch (name) {
    case 'host':
      if (head.host !== undefined) return malformed;
      head.host = valueText(bytes);
      if (head.host === lastHost) return undefined;
      if (!isAuthority(head.host)) return malformed;
      lastHost = head.host;
      return undefined;
    case 'content-length':
      draft.lengths += 1;
      head.length = lengthAt(bytes);
      return draft.lengths > 1 || head.length < 0 ? malformed : undefined;
    case 'transfer-encoding':
      draft.codings += 1;
      draft.coding = valueText(bytes).toLowerCase();
      return draft.codings > 1 ? malformed : undefined;
    case 'connection':
      if (isValue(bytes, 'keep-alive'))
        draft.keepAlive = true; // What most clients say that say anything.
      else draft.connection += `${valueText(bytes)},`;
      return undefined;
    case 'upgrade':
      draft.upgrade += `${valueText(bytes)},`;
      return undefined;
    case 'te':
      head.trailers ||= /(^|[\s,])trailers([\s,;]|$)/i.test(valueText(bytes));
      return undefined;
    case 'expect':
      head.expects = true;
      return valueText(bytes).toLowerCase() === '100-continue' ? undefined : unexpected;
    case 'x-request-id':
      head.id = head.id === '' && /^[\w.~+/=:@-]{1,128}$/.test(valueText(bytes)) ? valueText(bytes) : '';
      return undefined;
    default:
      return give(bytes, name, head);
  }
}

/** What a trusted proxy in front of us may have said; a list that was sent in several lines is one list. */
function give(bytes: Buffer, name: KnownName | 'spoofed', head: RequestHead): undefined {
  const told = name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'gonogo-confirm';
  if (!told) return;
  head.given ??= new Map();
  const before = head.given.get(name);
  head.given.set(name, before === undefined ? valueText(bytes) : `${before}, ${valueText(bytes)}`);
}

/** What can be judged only when all lines are known. */
function settle(head: RequestHead): Refusal | undefined {
  if (head.method === 'CONNECT' || head.method === 'TRACE') return unknownMethod;
  if (head.host === undefined && head.minor === 1) return malformed;
  if (draft.codings > 0) {
    if (head.minor === 0 || draft.lengths > 0) return malformed;
    if (draft.coding !== 'chunked') return isKnownList(draft.coding) ? unknownCoding : malformed;
    head.chunked = true;
  }
  if (head.target.charCodeAt(0) !== 0x2f) {
    const destination = destinationOf(head.method, head.target, head.host ?? '');
    if (!destination) return malformed;
    head.target = destination.target;
    if (head.host !== undefined || destination.host !== '') head.host = destination.host;
  }
  head.expects = head.expects && head.minor === 1 && (head.chunked || head.length > 0);
  settleConnection(head);
  return undefined;
}

/** Codings that exist, with `chunked` nowhere but at the end (RFC 9112 §6.1); all else is a trick. */
const isKnownList = (coding: string): boolean =>
  /^(gzip|x-gzip|compress|deflate|identity)([ \t]*,[ \t]*(gzip|x-gzip|compress|deflate|identity))*([ \t]*,[ \t]*chunked)?$/.test(
    coding,
  );

/** A client may not nominate these for removal: without them the message would mean something else. */
const essential = new Set(['host', 'content-length', 'content-type', 'authorization', 'cookie']);

function settleConnection(head: RequestHead): void {
  head.keepAlive = head.minor === 1;
  if (draft.keepAlive) head.keepAlive = true;
  if (draft.connection === '') return;
  const options = new Set(listOf(draft.connection));
  if (options.has('close')) head.keepAlive = false;
  else if (options.has('keep-alive')) head.keepAlive = true;
  const hasBody = head.chunked || head.length > 0;
  if (options.has('upgrade') && head.minor === 1 && !hasBody) head.upgrade = draft.upgrade;
  for (const name of ['close', 'keep-alive', 'upgrade', ...essential]) options.delete(name);
  if (options.has('x-request-id')) head.id = '';
  head.nominated = options;
  head.kept = without(head.kept, options);
}

const emptyHead = (): RequestHead => ({
  method: '',
  target: '',
  minor: 1,
  host: undefined,
  kept: '',
  length: -1,
  chunked: false,
  keepAlive: true,
  expects: false,
  upgrade: '',
  trailers: false,
  nominated: noNames,
  id: '',
  given: undefined,
  end: 0,
});

/** One empty line before a request is overlooked: some clients end a body with it (RFC 9112 §2.2). */
export const emptyLine = (bytes: Uint8Array, at: number, end: number): number =>
  end - at >= 2 && bytes[at] === 13 && bytes[at + 1] === 10 ? 2 : end - at === 1 && bytes[at] === 13 ? 1 : 0;

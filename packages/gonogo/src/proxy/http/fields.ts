import { hashStep, type KnownName, nameAt } from './names.ts';
import { colon, cr, fieldOctet, lf, space, tab, textAt, token } from './octets.ts';

/** More octets are needed to tell. */
export const more = -1;
/** What came is not HTTP. */
export const bad = -2;

/** The field line that `readField` read last; one for all, since heads are read in one go. */
export const line = {
  name: undefined as KnownName | 'spoofed' | undefined,
  nameEnd: 0,
  valueStart: 0,
  valueEnd: 0,
};
const place = { start: 0, end: 0 };

/**
 * Reads one field line at `at` into `line`, and answers where the next one begins (RFC 9112 §5). Strict: no space before
 * the colon, no folding, no control character, and only CRLF ends a line.
 */
export function readField(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  let hash = 0;
  for (; i < end; i += 1) {
    const lower = token[bytes[i] as number] as number;
    if (lower === 0) break;
    hash = hashStep(hash, lower);
  }
  if (i === end) return more;
  if ((bytes[i] as number) !== colon || i === at) return bad;
  line.nameEnd = i;
  i += 1;
  while (i < end && isBlank(bytes[i] as number)) i += 1;
  line.valueStart = i;
  while (i < end && (fieldOctet[bytes[i] as number] as number) === 1) i += 1;
  if (i === end) return more;
  if ((bytes[i] as number) !== cr) return bad;
  if (i + 1 === end) return more;
  if ((bytes[i + 1] as number) !== lf) return bad;
  line.valueEnd = trimmed(bytes, line.valueStart, i);
  place.start = at;
  place.end = line.nameEnd;
  line.name = nameAt(bytes, place, hash);
  return i + 2;
}

const isBlank = (at: number): boolean => at === space || at === tab;

function trimmed(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && isBlank(bytes[last - 1] as number)) last -= 1;
  return last;
}

/** The value of the line that was read last. */
export const valueText = (bytes: Buffer): string => textAt(bytes, line.valueStart, line.valueEnd);

/** Whether the line that was read last is written as we write lines: `Name: value`, and nothing more. */
export const isNormal = (bytes: Uint8Array, next: number): boolean =>
  line.valueStart === line.nameEnd + 2 &&
  (bytes[line.nameEnd + 1] as number) === space &&
  line.valueEnd === next - 2;

/** The line that was read last as we write lines. */
export const normalLine = (bytes: Buffer, at: number): string =>
  `${textAt(bytes, at, line.nameEnd)}: ${valueText(bytes)}\r\n`;

/** Where a head begins to end: 2 when CRLF is at `at`, `more` when that cannot be told yet, `bad` after a lone CR, else 0. */
export function endsAt(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return more;
  if ((bytes[at] as number) !== cr) return 0;
  if (at + 1 === end) return more;
  return (bytes[at + 1] as number) === lf ? 2 : bad;
}

/** The value of the line that was read last as a length in octets (RFC 9110 §8.6); -1 for all else, and beyond 15 digits. */
export function lengthAt(bytes: Uint8Array): number {
  const { valueStart, valueEnd } = line;
  if (valueEnd === valueStart || valueEnd - valueStart > 15) return -1;
  let length = 0;
  for (let i = valueStart; i < valueEnd; i += 1) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** Whether the value of the line that was read last begins with `text`, in whatever case; `text` is in lower case. */
export function startsWith(bytes: Uint8Array, text: string): boolean {
  if (line.valueEnd - line.valueStart < text.length) return false;
  for (let i = 0; i < text.length; i += 1) {
    const at = bytes[line.valueStart + i] as number;
    if ((at >= 0x41 && at <= 0x5a ? at + 0x20 : at) !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether that is all of the value. */
export const isValue = (bytes: Uint8Array, text: string): boolean =>
  line.valueEnd - line.valueStart === text.length && startsWith(bytes, text);

export const noNames: ReadonlySet<string> = new Set();

/** Normal lines without those whose lower-case name is in `names`. */
export function without(lines: string, names: ReadonlySet<string>): string {
  if (names.size === 0 || lines === '') return lines;
  return lines
    .split(/(?<=\r\n)/)
    .filter((text) => !names.has(text.slice(0, text.indexOf(':')).toLowerCase()))
    .join('');
}

/** The members of a comma-separated list, in lower case. */
export const listOf = (value: string): string[] =>
  value
    .toLowerCase()
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');

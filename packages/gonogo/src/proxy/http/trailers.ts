import { line, normalLine, readField } from './fields.ts';

/**
 * The trailer lines that pass, in normal form; undefined when they are not valid lines. Every name that means something
 * to a proxy frames or routes a message, or is a proxy's to say, and has no place after it (RFC 9110 §6.5.1).
 */
export function cleanTrailers(text: string): string | undefined {
  if (text === '') return '';
  const bytes = Buffer.from(text, 'latin1');
  let kept = '';
  for (let i = 0; i < bytes.length; ) {
    const next = readField(bytes, i, bytes.length);
    if (next < 0) return undefined;
    if (line.name === undefined) kept += normalLine(bytes, i);
    i = next;
  }
  return kept;
}

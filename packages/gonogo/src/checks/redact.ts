import { inspect } from 'node:util';

const mask = '•••';

/**
 * Makes the function through which every text leaves the checks: secrets are removed as they are and in the forms in
 * which they travel (base64 at any offset, base64url, percent-encoded, JSON- and XML-escaped, hex, as Node.js prints it). Where findings
 * overlap, all of it goes.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))];
  forms.sort((a, b) => b.length - a.length);
  return (text) => maskAll(text, spansOf(text, forms));
}

const made = new WeakMap<readonly string[], (text: string) => string>();

/** Removes secrets from one text; the work of preparing is done once for each list of secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = made.get(secrets) ?? redactor(secrets);
  made.set(secrets, known);
  return known(text);
}

type Span = { readonly start: number; readonly end: number };

function spansOf(text: string, forms: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (const form of forms) {
    for (let start = text.indexOf(form); start >= 0; start = text.indexOf(form, start + 1)) {
      spans.push({ start, end: start + form.length });
    }
  }
  return spans.sort((a, b) => a.start - b.start);
}

function maskAll(text: string, spans: readonly Span[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of spans) {
    if (start >= at) out += text.slice(at, start) + mask;
    at = Math.max(at, end);
  }
  return out + text.slice(at);
}

function formsOf(secret: string): string[] {
  return [
    secret,
    ...base64Forms(secret),
    ...percentForms(secret),
    ...jsonForms(secret),
    ...printedForms(secret),
    ...otherForms(secret),
  ];
}

/** The middle of a base64 text, which is the same whatever stands before and after (RFC 4648, sections 4 and 5). */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inner = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  const forms = [whole, whole.replace(/=+$/, ''), ...inner].filter((form) => form.length >= 4);
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** RFC 3986, section 2.1: hex digits of either case; forms write a space as `+`. */
function percentForms(secret: string): string[] {
  const strict = encodeAll(secret).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const forms = [
    encodeAll(secret),
    strict,
    strict.replaceAll('%20', '+'),
    encodeAll(secret).replaceAll('%20', '+'),
  ];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/** A lone half of a surrogate pair cannot be encoded; it becomes U+FFFD, as in every UTF-8 writer. */
const encodeAll = (secret: string): string => encodeURIComponent(secret.toWellFormed());

/** RFC 8259, section 7: as most writers do it, with `\/`, and with everything beyond ASCII as `\uXXXX`. */
function jsonForms(secret: string): string[] {
  const usual = JSON.stringify(secret).slice(1, -1);
  const ascii = usual.replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const twice = JSON.stringify(usual).slice(1, -1);
  return [usual, ascii, twice].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}

/** As `console.log` prints a text inside an object, an environment for one: it escapes `'` where it must. */
function printedForms(secret: string): string[] {
  const options = { breakLength: Number.POSITIVE_INFINITY, maxStringLength: null };
  const parts = secret.split("'").map((part) => inspect(part, options).slice(1, -1));
  return [parts.join("'"), parts.join("\\'")];
}

function otherForms(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex');
  const xml = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const singles = ['&#39;', '&#x27;', '&apos;'].map((entity) => xml.replaceAll("'", entity));
  return [hex, hex.toUpperCase(), xml, ...singles];
}

/** Classes of octets as tables, because each octet of each head is looked up once. */

export const lf = 0x0a;
export const cr = 0x0d;
export const space = 0x20;
export const tab = 0x09;
export const colon = 0x3a;

/** A token character in lower case, with `_` as `-` because CGI reads them alike; 0 for all else (RFC 9110 §5.6.2). */
export const token = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  token[character.charCodeAt(0)] = character.charCodeAt(0);
  token[character.toUpperCase().charCodeAt(0)] = character.charCodeAt(0);
}
token['_'.charCodeAt(0)] = '-'.charCodeAt(0);

/** 1 for what a field value may hold: visible characters, obs-text, space and tab (RFC 9110 §5.5). */
export const fieldOctet = new Uint8Array(256);
for (let octet = 0x20; octet < 256; octet += 1) fieldOctet[octet] = octet === 0x7f ? 0 : 1;
fieldOctet[tab] = 1;

/** 1 for what a request target may hold: visible ASCII but `#`, since a fragment is never sent (RFC 9112 §3.2). */
export const targetOctet = new Uint8Array(256);
for (let octet = 0x21; octet < 0x7f; octet += 1) targetOctet[octet] = octet === 0x23 ? 0 : 1;

/** The value of a hexadecimal digit, 255 for all else. */
export const hexDigit = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit += 1) {
  hexDigit[digit.toString(16).charCodeAt(0)] = digit;
  hexDigit[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Octets as text, one character each. */
export const textAt = (bytes: Buffer, start: number, end: number): string =>
  bytes.toString('latin1', start, end);

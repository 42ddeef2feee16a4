/**
 * True for a file whose name carries a fingerprint of its content (`app.3f2a1b9c.js`, `index-DkT3x9Zq.css`): a page of
 * one release asks for it by a name that another release does not have. What is wrongly taken for one costs one more
 * question after a 404.
 */
export function isFingerprinted(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [, print] = /[.\-_]([A-Za-z0-9_-]{8,64})\.[A-Za-z0-9]{1,5}(?:\.map)?$/.exec(name) ?? [];
  return print !== undefined && /[0-9A-Z]/.test(print);
}

import { redact } from '../../../packages/gonogo/src/checks/redact.ts';

/** A value that may be nowhere but in the vault. */
const secret = 'hunter2/launch+codes';
const secrets = [secret];
const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
const shortest = Math.min(...forms.map(({ length }) => length));

/** True if a text holds the secret in one of the forms in which it travels. */
export const leaks = (text: string): boolean =>
  text.length >= shortest && forms.some((form) => text.includes(form));

/** What an application says when it fails: it knows the secret, and says it in some form. */
export const complaint = (n: number): string => `could not log in with ${forms[n % forms.length]}`;

/** Where evidence is kept; secrets are removed before anything comes here or into an outcome. */
export class SimulatedEvidence {
  readonly kept = new Set<string>();

  put(): string {
    const ref = `evidence-${this.kept.size}`;
    this.kept.add(ref);
    return ref;
  }

  clean(text: string): string {
    return redact(text, secrets);
  }
}

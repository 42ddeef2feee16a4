import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf } from '../errors.ts';

/** Files in PEM: a certificate with its chain, and its private key. */
export type CertificateFiles = { readonly certificate: string; readonly key: string };

export type Certificate = {
  readonly pair: { readonly cert: Buffer; readonly key: Buffer };
  readonly names: X509Certificate;
  readonly context: SecureContext;
};

/** Reads a certificate for a server that speaks TLS 1.2 and newer; fails with a sentence when it cannot be used. */
export async function readCertificate({ certificate, key: keyFile }: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(certificate), readFile(keyFile)]);
  try {
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    return { pair: { cert, key }, names: new X509Certificate(cert), context };
  } catch (error) {
    throw new Error(`${certificate} and ${keyFile} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

/** Why a pair of files cannot be used; undefined if it can. */
export async function whyUnusable(files: CertificateFiles): Promise<string | undefined> {
  try {
    await readCertificate(files);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

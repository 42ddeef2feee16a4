import { type Answer, fail } from './kind.ts';

/** X.509 and TLS failures by Node's codes, in plain words with what to do. */
const words: Readonly<Record<string, readonly [saw: string, hint: string]>> = {
  CERT_HAS_EXPIRED: ['the certificate has expired', 'renew it'],
  CERT_NOT_YET_VALID: ['the certificate is not valid yet', 'check the clock on both sides'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'the certificate is for another name',
    'ask by the name it is made for, or renew it with this one',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'the certificate is self-signed',
    'install its authority (NODE_EXTRA_CA_CERTS), or use one that is known',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'the certificate’s authority is not known here',
    'install it (NODE_EXTRA_CA_CERTS)',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'the certificate’s chain is incomplete',
    'let the server send the intermediate certificates too',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'the certificate’s authority is not known here',
    'install it (NODE_EXTRA_CA_CERTS)',
  ],
};

/** A TLS failure as an answer; undefined for other errors. */
export function tlsFailure(error: unknown): Answer | undefined {
  const code = String((error as { code?: unknown }).code);
  const known = Object.hasOwn(words, code) ? words[code] : undefined;
  if (known) return fail('tls', known[0], known[1]);
  if (!/^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) return undefined;
  return fail('tls', 'the TLS handshake failed', 'does this port speak TLS? HTTP needs an http:// URL');
}

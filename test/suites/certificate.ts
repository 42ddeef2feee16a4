import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate that signs itself, for host names, as files in a folder; `ca` is what clients trust. */
export async function makeCertificate(folder: string, name: string, hosts: readonly string[]) {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${hosts.map((one) => `DNS:${one}`)}`];
  await run('openssl', [
    'req',
    '-x509',
    ...curve,
    ...names,
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  return { certificate, key, ca: await readFile(certificate) };
}

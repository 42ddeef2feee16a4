import type { ReleaseRecord } from '../domain/release-record.ts';
import { type Package, purlOf } from './packages.ts';

/** The list of a release's packages as CycloneDX 1.6 (ECMA-424), in JSON. */
export function cycloneDx(
  { release, builtAt }: Pick<ReleaseRecord, 'release' | 'builtAt'>,
  packages: readonly Package[],
): string {
  const version = release.digest.replace('sha256:', '');
  return JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: new Date(builtAt).toISOString(),
      component: {
        type: 'application',
        'bom-ref': release.digest,
        name: release.manifest.service,
        version,
        hashes: [{ alg: 'SHA-256', content: release.artifact.digest.replace('sha256:', '') }],
      },
    },
    components: packages.map(component),
  });
}

const component = (one: Package) => {
  const [scope, name] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name];
  return {
    type: 'library',
    'bom-ref': purlOf(one),
    ...(scope === undefined ? {} : { group: scope }),
    name,
    version: one.version,
    ...(one.licence === undefined ? {} : { licenses: [licence(one.licence)] }),
    purl: purlOf(one),
  };
};

/** An SPDX expression (`MIT`, `(MIT OR Apache-2.0)`), or whatever else a package says, as a name. */
const licence = (text: string): object =>
  /^\(?[A-Za-z0-9.+-]+(?: (?:OR|AND|WITH) [A-Za-z0-9.+-]+)*\)?$/.test(text) && text !== 'UNLICENSED'
    ? { expression: text }
    : { license: { name: text } };

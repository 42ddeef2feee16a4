import type { CertificateFiles } from '../system/certificate.ts';
import type { SettingsWire } from '../wire/proxy.ts';
import type { Table } from './table.ts';

/** What is spoken on a port: with users, or with those who are sent to HTTPS, or with Prometheus. */
export type Role = 'plain' | 'tls' | 'redirect' | 'metrics';
export type RoleOf = (port: number) => Role;

/** Users speak TLS with a proxy as soon as one of its targets has a certificate. */
export function rolesOf(table: Table, { metrics }: SettingsWire): RoleOf {
  const roles = new Map<number, Role>();
  for (const { rules } of table) {
    if (rules?.tls?.redirect !== undefined) roles.set(rules.tls.redirect, 'redirect');
  }
  if (metrics !== undefined) roles.set(metrics, 'metrics');
  const users: Role = certificatesOf(table).length > 0 ? 'tls' : 'plain';
  return (port) => roles.get(port) ?? users;
}

export const certificatesOf = (table: Table): CertificateFiles[] =>
  table.flatMap(({ rules }) =>
    rules?.tls ? [{ certificate: rules.tls.certificate, key: rules.tls.key }] : [],
  );

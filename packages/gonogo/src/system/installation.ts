import { existsSync } from 'node:fs';

/** What an agent that the machine itself starts consists of. */
export type Installation = {
  /** Its state folder. */
  readonly root: string;
  /** Its unit, in the folder for what this machine's administrator adds (systemd.unit(5)); it is what makes it installed. */
  readonly unit: string;
};

export const installation: Installation = {
  root: '/var/lib/gonogo',
  unit: '/etc/systemd/system/gonogo.service',
};

export const isInstalled = ({ unit }: Installation = installation): boolean => existsSync(unit);

/** What a unit is made from. */
export type UnitWish = {
  /** What the agent is started with, without a shell. */
  readonly argv: readonly string[];
  /** The variables it gets. */
  readonly env: Readonly<Record<string, string>>;
};

/**
 * The systemd unit of the agent. Whatever confines the agent confines instances too, which are its keeper's children and
 * outlive it; so it takes from all of them only what no application needs.
 */
export const renderUnit = ({
  argv,
  env,
}: UnitWish): string => `# Written by gonogo agent install; written anew by the next one.
[Unit]
Description=gonogo, which supervises instances and takes releases live
Wants=network-online.target
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${argv.map(argument).join(' ')}
${Object.entries(env)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
  .join('\n')}
# The agent alone is stopped and started again: its keeper, proxies and instances serve on.
KillMode=process
Restart=always
RestartSec=1
UMask=0077
LimitNOFILE=524288
TasksMax=infinity
# Without NoNewPrivileges, ProtectSystem and PrivateTmp: instances may be other users, and write where these may.
CapabilityBoundingSet=~CAP_SYS_BOOT CAP_SYS_MODULE CAP_SYS_TIME CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_WAKE_ALARM
LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=multi-user.target
`;

/** A word of a command line as systemd.service(5) reads it, which there alone looks for variables. */
const argument = (word: string): string => quoted(word.replaceAll('$', '$$$$'));

/** A word as systemd.syntax(7) and systemd.exec(5) read it: quoted, with its specifiers taken literally. */
function quoted(word: string): string {
  const literal = word.replaceAll('%', '%%');
  if (/^[\w/.:=@%+$,-]+$/.test(literal)) return literal;
  return `"${literal.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

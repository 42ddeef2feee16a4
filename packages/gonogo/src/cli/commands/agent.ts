import type { Command } from 'commander';
import { addCommand, formatOption, type Reporting } from '../options.ts';

/** `gonogo agent run|status|stop|install|uninstall` — the daemon; other commands start it by themselves. */
export const agent = {
  name: 'agent',
  summary: 'the daemon that supervises and runs rollouts; it starts by itself',
  register(program: Command): void {
    const command = addCommand(program, agent);
    command
      .command('run')
      .description('runs the agent in the foreground, its log on standard error')
      .action(async () => {
        const { runInForeground } = await import('../agent/run.ts');
        await runInForeground();
      });
    command
      .command('status')
      .description('what the agent, its proxies and instances take; starts nothing')
      .addOption(formatOption())
      .action(async ({ format }: Reporting) => {
        const { showAgent } = await import('../agent/status.ts');
        await showAgent(format);
      });
    command
      .command('stop')
      .description('ends the agent; instances and proxies run on')
      .option('--all', 'stop the instances and proxies as well: users are no longer served')
      .addOption(formatOption())
      .action(async ({ all = false, format }: Reporting & { all?: boolean }) => {
        const { stopAgent } = await import('../agent/stop.ts');
        await stopAgent(all, format);
      });
    command
      .command('install')
      .description('has systemd start the agent at every boot; its state is then in /var/lib/gonogo')
      .option('--print', 'print the unit, and change nothing')
      .action(async (options: { print?: boolean }) => {
        const { installAgent } = await import('../agent/install.ts');
        await installAgent(options);
      });
    command
      .command('uninstall')
      .description('undoes install; what is served is served on')
      .action(async () => {
        const { uninstallAgent } = await import('../agent/install.ts');
        await uninstallAgent();
      });
  },
};

// Nothing is imported before it is known to be needed: `--version` must cost no more than Node.js itself.
const args = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 20)) {
  const { problem } = await import('../errors.ts');
  const { printError } = await import('./edge.ts');
  process.exitCode = printError(problem('NODE_TOO_OLD', { version: process.version }));
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  const { version } = await import('../system/version.ts');
  process.stdout.write(`${version()}\n`);
} else {
  const { run } = await import('./program.ts');
  await run(args);
}

export {};

const levels = ['debug', 'info', 'warn', 'error'];
let lowest = levels.indexOf('info');

/** Lines below this level are not written. */
export function setLogLevel(level) {
  lowest = Math.max(0, levels.indexOf(level));
}

/** Writes one line to standard output, where whoever runs this process collects it. */
export function log(level, text) {
  if (levels.indexOf(level) >= lowest) console.log(`${new Date().toISOString()} ${level} ${text}`);
}

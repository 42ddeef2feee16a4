import { processHost } from '../../../../../test/suites/process-host.ts';
import { runtimeSuite } from '../../../../../test/suites/runtime.ts';

runtimeSuite({
  name: 'process',
  open: processHost,
  gaps: {
    memory: 'a plain process has no memory limit of its own',
    network: 'a plain process shares the network of the machine',
  },
});

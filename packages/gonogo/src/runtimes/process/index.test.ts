import { processHost } from '../../../../../test/suites/process-host.ts';
import { runtimeSuite } from '../../../../../test/suites/runtime.ts';

runtimeSuite('process', processHost);

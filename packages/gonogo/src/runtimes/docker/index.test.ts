import { needs } from '../../../../../test/require.ts';
import { dockerHost } from '../../../../../test/suites/docker-host.ts';
import { runtimeSuite } from '../../../../../test/suites/runtime.ts';

runtimeSuite({ name: 'docker', open: dockerHost, skip: needs('docker') });

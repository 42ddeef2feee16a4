import type { Plugin } from 'esbuild';

/**
 * What dockerode has beside HTTP over a socket: a client for SSH, partly compiled, one for the sessions of BuildKit, and an
 * archiver for its own builds. Only a unix socket is spoken to and nothing is built with it, so the bundle has none of them.
 */
const unused = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|tar-fs|@balena\/dockerignore)$/;

export const leanDocker: Plugin = {
  name: 'lean-docker',
  setup(build) {
    build.onResolve({ filter: unused }, ({ path, importer }) =>
      /node_modules\/(dockerode|docker-modem)\//.test(importer)
        ? { path, namespace: 'lean-docker' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'lean-docker' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** The only file that names drivers; each is loaded when it is asked for. */

export const loadRuntime = {
  process: async () => (await import('./runtimes/process/index.ts')).processRuntime,
  docker: async () => (await import('./runtimes/docker/index.ts')).dockerRuntime,
  byArtifact: async () => {
    const [{ byArtifact }, { marksIn }] = await Promise.all([
      import('./runtimes/by-artifact.ts'),
      import('./runtimes/marks.ts'),
    ]);
    return { byArtifact, marksIn };
  },
};

export const loadRouter = {
  embedded: async () => (await import('./routers/embedded/index.ts')).embeddedRouter,
};

export const loadStores = {
  sqlite: async () => (await import('./stores/sqlite/index.ts')).openStores,
};

export const loadArtifacts = async () => {
  const [{ bundleStore }, { hostOf, whyUnfit }] = await Promise.all([
    import('./releases/store.ts'),
    import('./releases/fit.ts'),
  ]);
  return { bundleStore, fit: { hostOf, whyUnfit } };
};

export const loadChecks = async () => {
  const [{ checkRunner }, { contractSpecs, reachSpecs, runtimeSpecs }, { redact }] = await Promise.all([
    import('./checks/run.ts'),
    import('./checks/reach.ts'),
    import('./checks/redact.ts'),
  ]);
  const suites = { environment: contractSpecs, runtime: runtimeSpecs, reach: reachSpecs };
  return { runner: checkRunner(), suites, redact };
};

/** Imports point downward only (docs/technical.md, layers). */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    layer('domain-imports-nothing-of-ours', '^src/domain/', []),
    layer('workflows-import-domain', '^src/workflows/', ['^src/domain/', '^src/activities/index\\.ts$']),
    layer('connectors-import-domain', '^src/connectors/', ['^src/domain/']),
    layer('store-imports-domain', '^src/store/', [
      '^src/domain/',
      '^src/connectors/[^/]+/schema\\.ts$',
      '^src/connectors/notice/read\\.ts$',
      '^src/config\\.ts$',
      '^src/faultPoint\\.ts$',
    ]),
    layer('activities-import-downward', '^src/activities/', [
      '^src/domain/',
      '^src/store/',
      '^src/connectors/',
      '^src/config\\.ts$',
      '^src/faultPoint\\.ts$',
    ]),
    layer('stack-stands-alone', '^src/stack/', ['^src/domain/', '^src/config\\.ts$']),
    {
      name: 'only-drill-and-cli-know-drill-and-simulator',
      severity: 'error',
      from: { pathNot: ['^src/(drill|simulator|cli)/'] },
      to: { path: '^src/(drill|simulator)/' },
    },
    {
      name: 'simulator-knows-nobody',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { path: '^src/(workflows|activities|store|worker|drill|connectors)/' },
    },
    {
      name: 'workflows-have-no-node-core',
      severity: 'error',
      from: { path: '^src/(workflows|domain)/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { PROJECT_ROOT } from '../../src/config.js';

interface Evaluated {
  readonly exports: Record<string, { safeParse(input: unknown): { success: boolean } }>;
}

/** What evaluating the bundle's shared part once leaves behind, as the SDK does it before any workflow runs. */
function preloaded(): Map<string, Evaluated> {
  const cache: Record<string, Evaluated> = {};
  const context = createContext({ __webpack_module_cache__: cache, TextEncoder, TextDecoder, URL, AbortController });
  runInContext(readFileSync(path.join(PROJECT_ROOT, 'dist', 'workflows.bundle.js'), 'utf8'), context);
  const before = new Set(Object.keys(cache));
  runInContext('__TEMPORAL__.preloadModules()', context);
  return new Map(Object.entries(cache).filter(([id]) => !before.has(id)));
}

test('what all runs of a thread share are zod and the domain, which keep nothing of a run', () => {
  const shared = preloaded();
  const others = [...shared.keys()].filter((id) => !/\/(node_modules\/zod|dist\/domain)\//.test(id));
  expect(others).toEqual(['./dist/workflows/shared/preload.js']);
  const jobs = [
    ...['suspension', 'containment', 'providerInspection', 'inspectionRound', 'evaluation', 'improvement', 'gapReview'],
  ];
  for (const job of jobs)
    expect([...shared.keys()].filter((id) => id.startsWith(`./dist/domain/${job}`))).not.toEqual([]);
});

test('a shared schema can still complete itself when it is first used', () => {
  const { exports } = [...preloaded().values()].find((module) => 'SuspensionInput' in module.exports)!;
  // The SDK would freeze it to the bottom otherwise.
  expect(Object.isFrozen(exports)).toBe(true);
  expect(exports['SuspensionInput']!.safeParse({}).success).toBe(false);
  expect(Object.isFrozen(exports['SuspensionInput'])).toBe(false);
});

import { openLiveWorld, type LiveWorld, type WorldOptions } from '../support/liveWorld.js';
import { KEY_RING, NAMESPACE } from './golden.js';
import { CONTAINMENTS } from './paths/containment.js';
import { GAP_REVIEWS, INSPECTIONS, REOPENINGS } from './paths/inspection.js';
import { LOSSES } from './paths/losses.js';
import { LONG_SUSPENSIONS, SUSPENSIONS } from './paths/suspension.js';
import { isMissing, Recorder, type Paths } from './recorder.js';

/**
 * Records golden histories (`npm run histories`) for paths that have none: each is played by people and clocks as it
 * happens live, then its timeline is looked at, so that a file holds the path that its name says. A file that is there is
 * never written again: it stands for workflows that may be waiting somewhere.
 */
const PACE: WorldOptions = {
  name: NAMESPACE,
  keyRing: KEY_RING,
  // The machine that records is nobody's business.
  identity: 'client',
  policy: {
    containment: { decideWithin: 'PT6S', warnAfter: ['PT2S', 'PT4S'], redecideWithin: 'PT5S' },
    suspension: {
      proposalExpires: 'PT12S',
      ratifyWithin: 'PT5S',
      callEvery: 'PT2S',
      verifyWithin: 'PT5S',
      siblingsWithin: 'PT8S',
      reviewEvery: 'PT6S',
      watchFor: 'PT6S',
    },
  },
};

/** Enough for a stop and its first review. */
const EVENTS_BEFORE_A_FRESH_RUN = '80';

/** The zone in which the day ends soon after that time, in milliseconds: what ends with a day is waited for. */
function zoneAtEndOfDay(soon: number): string {
  const end = new Date(Date.now() + soon + 60_000);
  const minutes = end.getUTCHours() * 60 + end.getUTCMinutes();
  const behind = minutes <= 12 * 60;
  const text = (part: number) => String(part).padStart(2, '0');
  const offset = behind ? minutes : 24 * 60 - minutes;
  return `${behind ? '-' : '+'}${text(Math.floor(offset / 60))}:${text(offset % 60)}`;
}

interface Stage {
  readonly options: WorldOptions;
  readonly paths: Paths;
  world?: LiveWorld;
}
const STAGES: readonly Stage[] = [
  { options: PACE, paths: { ...CONTAINMENTS, ...SUSPENSIONS, ...INSPECTIONS } },
  {
    options: { ...PACE, dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': EVENTS_BEFORE_A_FRESH_RUN } },
    paths: LONG_SUSPENSIONS,
  },
  { options: { ...PACE, zone: zoneAtEndOfDay(90_000) }, paths: REOPENINGS },
  { options: PACE, paths: GAP_REVIEWS },
  { options: PACE, paths: LOSSES },
];
const missing = STAGES.flatMap((stage) =>
  Object.entries(stage.paths)
    .filter(([, path]) => isMissing(path))
    .map(([name, path]) => ({ name, path, stage })),
);

beforeAll(async () => {
  for (const stage of new Set(missing.map((each) => each.stage))) {
    stage.world = await openLiveWorld(stage.options);
    stage.world.operator.incident = 'G';
    await stage.world.startWorker({ identity: 'worker' });
  }
});

afterAll(async () => {
  for (const { world } of STAGES) await world?.close();
});

for (const { name, path, stage } of missing)
  test.concurrent(
    name,
    async () => {
      await expect(path.play(new Recorder(stage.world!))).resolves.toBeUndefined();
    },
    240_000,
  );

test('no path is without its histories', () => {
  expect(STAGES.flatMap(({ paths }) => Object.keys(paths).filter((name) => isMissing(paths[name]!)))).toEqual([]);
});

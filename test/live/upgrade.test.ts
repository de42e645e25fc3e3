import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { createLog } from '../../src/worker/logger.js';
import { installRuntime } from '../../src/worker/runtime.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { buildWith, type OtherBuild } from '../support/otherBuild.js';

// Each is asked right where an event of the history arrives, as docs/technical.md demands.
/** Asked when a decision arrives. */
const DECIDES = 'test-look-before-deciding';
/** Asked when a timer has fired. */
const FIRES = 'test-look-after-waiting';
/** Asked when a lift is proposed. */
const LIFTS = 'test-look-before-lifting';
const look = (change: string) => `if (patched('${change}')) await register.exposure({ target: 'mijica-web' });`;

let world: LiveWorld;
let second: OtherBuild;

beforeAll(async () => {
  installRuntime({ log: createLog('test', { level: 'silent' }) });
  second = await buildWith([
    {
      file: 'workflows/shared/decision.js',
      before: 'import { defineQuery',
      after: 'import { patched, defineQuery',
    },
    {
      file: 'workflows/shared/decision.js',
      before: 'setHandler(decide, (input) => turns.run(async () => {',
      after: `setHandler(decide, (input) => turns.run(async () => { ${look(DECIDES)}`,
    },
    {
      file: 'workflows/shared/clock.js',
      before: 'import { CancellationScope',
      after: "import { register } from './activities.js'; import { patched, CancellationScope",
    },
    {
      file: 'workflows/shared/clock.js',
      before: 'await condition(until, milliseconds, summary ? { summary } : {});',
      after: `{ if (!(await condition(until, milliseconds, summary ? { summary } : {}))) { ${look(FIRES)} } }`,
    },
    {
      file: 'workflows/suspension.js',
      before: 'const input = parseInput(ProposeLiftInput',
      after: `${look(LIFTS)} const input = parseInput(ProposeLiftInput`,
    },
  ]);
  world = await openLiveWorld({
    name: 'upgrade',
    policy: {
      containment: { decideWithin: 'PT1H', warnAfter: [], redecideWithin: 'PT3S' },
      suspension: {
        ratifyWithin: 'PT1H',
        callEvery: 'PT2S',
        siblingsWithin: 'PT1H',
        reviewEvery: 'P7D',
        watchFor: 'PT5S',
      },
    },
  });
});

afterAll(async () => {
  await world?.close();
  second?.remove();
});

const decide = (workflowId: string, subject: string, verdict: string, by: string) =>
  world.operator.decide(workflowId, subject, verdict, by);

async function suspension(name: string, target: string, more = {}): Promise<WorkflowHandle> {
  return world.operator.suspend(name, [target], more);
}

async function approved(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await decide(handle.workflowId, 'approve', 'approve', 'commander-1');
  await world.operator.stage(handle.workflowId, 'IN_FORCE');
  return handle;
}

const proposeLift = (handle: WorkflowHandle) =>
  handle.executeUpdate('proposeLift', { args: [{ v: 1, by: 'ciso-1', reason: 'The control is in place' }] });

const approveLift = (handle: WorkflowHandle) => decide(handle.workflowId, 'lift', 'approve', 'commander-1');

async function lifted(handle: WorkflowHandle): Promise<void> {
  await proposeLift(handle);
  await approveLift(handle);
}

interface Told {
  readonly taskFailures: number;
  readonly builds: readonly string[];
  /** Changes that came on in this run. */
  readonly changes: readonly string[];
}

async function told(handle: WorkflowHandle): Promise<Told> {
  const events = (await handle.fetchHistory()).events ?? [];
  const builds = events.flatMap((event) => event.workflowTaskCompletedEventAttributes?.workerVersion?.buildId ?? []);
  const patches = events.filter((event) => event.markerRecordedEventAttributes?.markerName === 'core_patch');
  return {
    taskFailures: events.filter((event) => event.workflowTaskFailedEventAttributes).length,
    builds: [...new Set(builds)],
    changes: patches
      .map((event) => {
        const [data] = event.markerRecordedEventAttributes!.details!['patch-data']!.payloads!;
        return (JSON.parse(Buffer.from(data!.data!).toString()) as { id: string }).id;
      })
      // Changes of this product itself come on with either build.
      .filter((change) => change.startsWith('test-'))
      .sort(),
  };
}

test('a second build of the workers takes over workflows that wait at every stage, and they go on to their end', async () => {
  const first = await world.startWorker();
  const proposed = await suspension('proposed', 'mijica-web');
  const inForce = await approved(await suspension('in-force', 'mijica-transfer'));
  const emergency = await suspension('emergency', 'link-c1', { emergency: true });
  const liftProposed = await approved(await suspension('lift-proposed', 'link-c2'));
  await proposeLift(liftProposed);
  const deciding = await world.operator.loss('link-c3', 'case-1');
  const restricted = await world.operator.loss('link-c4', 'case-2');
  await world.operator.question(deciding.workflowId, 'decide');
  await decide(restricted.workflowId, 'decide', 'continue', 'commander-1');
  await world.operator.stage(emergency.workflowId, 'EMERGENCY_IN_FORCE');
  const watched = await approved(await suspension('watched', 'link-c5'));
  await lifted(watched);
  await world.operator.stage(watched.workflowId, 'WATCHED');

  await first.stop();
  // What comes while no worker runs waits for the next.
  await world.operator.loss('link-c3', 'case-3');
  await world.startWorker({ bundle: second.bundle });

  const fresh = await approved(await suspension('fresh', 'link-c6'));
  await approved(proposed);
  await Promise.all([lifted(proposed), lifted(inForce), approveLift(liftProposed), lifted(fresh)]);
  await decide(emergency.workflowId, 'ratify', 'ratify', 'commander-1');
  await lifted(emergency);
  await decide(deciding.workflowId, 'decide', 'suspend', 'commander-1');

  const old = { proposed, inForce, emergency, liftProposed, watched, deciding, restricted };
  const results = await Promise.all([...Object.values(old), fresh].map((handle) => handle.result()));
  expect(results).toEqual([
    ...Array.from({ length: 5 }, () => ({ stage: 'LIFTED' })),
    ...Array.from({ length: 2 }, () => ({ stage: 'CLOSED' })),
    { stage: 'LIFTED' },
  ]);
  const changes: Record<string, readonly string[]> = {};
  for (const [name, handle] of Object.entries(old)) {
    const { taskFailures, builds, changes: on } = await told(handle);
    expect([name, taskFailures, builds.length]).toEqual([name, 0, 2]);
    changes[name] = on;
  }
  // A change comes on where a running workflow comes to it for the first time under the second build.
  const all = [FIRES, DECIDES, LIFTS];
  expect(changes).toEqual({
    proposed: all,
    inForce: all,
    emergency: all,
    liftProposed: [FIRES, DECIDES],
    watched: [FIRES],
    deciding: [DECIDES],
    restricted: [FIRES],
  });
  const ofFresh = await told(fresh);
  expect(ofFresh).toEqual({ taskFailures: 0, builds: [expect.any(String)], changes: all });

  const handles = [...Object.values(old), fresh];
  const histories = await Promise.all(handles.map((handle) => handle.fetchHistory()));
  const replays = Worker.runReplayHistories(
    { workflowBundle: { codePath: second.bundle }, dataConverter: dataConverterFor(world.namespace, world.keyRing) },
    handles.map(({ workflowId }, index) => ({ workflowId, history: histories[index]! })),
  );
  // And what both builds wrote together can be replayed, when such a workflow is evicted or the worker restarts.
  const failures: string[] = [];
  for await (const { workflowId, error } of replays)
    if (error) failures.push(`${workflowId}: ${error.name} ${error.message}`);
  expect(failures).toEqual([]);
}, 100_000);

import { openActivityDeps } from '../../src/activities/deps.js';
import { sweep } from '../../src/activities/guardSweep.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open();
});

const approve = { subject: 'approve', verdict: 'approve', by: 'commander-1' };

/** What a live sweep finds: it compares the register with the runs. */
async function orphans() {
  const { world } = bench;
  const database = world.store.pool.options.connectionString!;
  const { deps, close } = openActivityDeps(
    { ...ground.config, databaseUrl: database, namespace: world.namespace },
    {
      drill: true,
      client: world.client,
      env: { HIKESHI_CHANNEL_URL: world.outside.url, HIKESHI_SECRET_CHANNEL_TOKEN: 'simulator' },
    },
  );
  try {
    return (await sweep(deps, { at: bench.now })).orphans;
  } finally {
    await close();
  }
}

const codeOf = (target: string) =>
  target.startsWith('mijica-card/')
    ? target.replace('mijica-card/', 'CARD:')
    : target.toUpperCase().replaceAll('-', '_');
/** A card of the test's own, which the bank has. */
const card = (name: string) => `mijica-card/${name}`;
const nameOf = (stage: string) => stage.toLowerCase().replaceAll('_', '-');

/** Brings a new suspension to a stage. Those that take time come first, before the ones that time would change. */
const STAGES: Record<string, (name: string, target: string) => Promise<string>> = {
  PROPOSED: (name, target) => bench.propose(name, [target]),
  async EXECUTING(name, target) {
    await bench.misbehave({ code: codeOf(target), mode: 'drop-before' });
    return bench.inForce(name, [target]);
  },
  IN_FORCE: (name, target) => bench.inForce(name, [target]),
  async PARTIALLY_FAILED(name, target) {
    const id = await STAGES['EXECUTING']!(name, target);
    await bench.pass('PT16M');
    return id;
  },
  EMERGENCY_IN_FORCE: (name, target) => bench.emergency(name, [target]),
  async LIFT_PROPOSED(name, target) {
    const id = await bench.inForce(name, [target]);
    await bench.update(id, 'proposeLift', [{ v: 1, by: 'provider-manager-1', reason: 'The control works' }]);
    return id;
  },
  async LIFTING(name, target) {
    const id = await bench.inForce(name, [target]);
    await bench.misbehave({ code: codeOf(target), mode: 'drop-before' });
    await bench.lift(id);
    return id;
  },
  async WATCHED(name, target) {
    const id = await bench.inForce(name, [target]);
    await bench.lift(id);
    return id;
  },
};

/** What each stage comes to, when it goes on, and how the bank's function stands then. */
const ENDS: [stage: string, target: string, end: string, bank: string, applied: number][] = [
  ['PARTIALLY_FAILED', card('T1'), 'IN_FORCE', 'CLOSED', 1],
  ['LIFT_PROPOSED', card('T2'), 'LIFT_PROPOSED', 'CLOSED', 1],
  ['LIFTING', card('T3'), 'WATCHED', 'OPEN', 2],
  ['PROPOSED', 'link-c1', 'IN_FORCE', 'CLOSED', 1],
  ['EXECUTING', 'link-c2', 'IN_FORCE', 'CLOSED', 1],
  ['IN_FORCE', 'link-c3', 'IN_FORCE', 'CLOSED', 1],
  ['WATCHED', 'link-c4', 'LIFTED', 'OPEN', 2],
];

describe('terminate lifts nothing', () => {
  test('suspensions at every stage: holds and functions stay as they are, and the sweep names each', async () => {
    const ids: string[] = [];
    for (const [stage, target] of ENDS) {
      if (codeOf(target).startsWith('CARD:')) await bench.bankHas(codeOf(target));
      ids.push(await STAGES[stage]!(`terminated-${nameOf(stage)}`, target));
      expect(await bench.stage(ids.at(-1)!)).toBe(stage);
    }
    expect(await orphans()).toEqual([]);
    const standings = () => Promise.all(ENDS.map(async ([, t]) => [await bench.holds(t), await bench.bank(codeOf(t))]));
    const before = await standings();

    for (const id of ids) {
      await bench.handle(id).terminate('a test');
      bench.runner.touch(id);
    }
    await bench.behave();
    await bench.pass('PT1H');
    await bench.sweep();
    expect(await standings()).toEqual(before);
    for (const [index, [stage]] of ENDS.entries()) expect(await bench.stage(ids[index]!)).toBe(stage);
    expect(await orphans()).toEqual(
      [...ids].sort().map((workflowId) => ({ workflowId, incident: 'B', problem: 'NO_RUN' })),
    );
  });

  test.each(ENDS)(
    'the suspension that was %s goes on when it is started again',
    async (stage, target, end, bank, applied) => {
      const id = `suspension/B/terminated-${nameOf(stage)}`;
      await bench.start(id, { v: 1, resume: true });
      if (stage === 'PROPOSED') await bench.decide(id, approve);
      await bench.pass('PT10M');
      if (stage === 'WATCHED') await bench.pass('P14D');
      expect(await bench.stage(id)).toBe(end);
      expect(await bench.bank(codeOf(target))).toMatchObject({ status: bank, applied });
      expect(await bench.brokenTasks(id)).toBe(0);
    },
  );

  test('a terminated containment keeps its decision, its losses and its clock', async () => {
    const id = await bench.loss('link-o1', 'o1-1');
    await bench.pass('PT2H');
    await bench.handle(id).terminate('a test');
    bench.runner.touch(id);
    await bench.pass('PT1H30M');
    expect(await orphans()).toMatchObject([{ workflowId: id }]);
    // The next report of any loss brings it back, too.
    await bench.loss('link-o1', 'o1-2');
    expect(await bench.kinds(id)).toEqual(
      [
        ...['opened', 'lossConfirmed', 'decisionOpened', 'alarm.decisionWarning'],
        ...['lossConfirmed', 'alarm.decisionWarning'],
      ].sort(() => 0),
    );
    await bench.pass('PT30M');
    expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });
});

describe('cancel lifts nothing', () => {
  test.each([
    ['PARTIALLY_FAILED', 'PARTIALLY_FAILED', 'liftProposed'],
    ['EXECUTING', 'EXECUTING', 'liftProposed'],
    ['EMERGENCY_IN_FORCE', 'LIFT_PROPOSED', 'liftProposed'],
    ['IN_FORCE', 'LIFT_PROPOSED', 'liftProposed'],
    ['LIFT_PROPOSED', 'LIFT_PROPOSED', 'cancelRequested'],
    ['LIFTING', 'LIFTING', 'cancelRequested'],
    ['WATCHED', 'WATCHED', 'cancelRequested'],
  ])('of a suspension that is %s: it is %s then, and its timeline says %s', async (stage, then, line) => {
    const target = card(`c-${nameOf(stage)}`);
    await bench.bankHas(codeOf(target));
    const id = await STAGES[stage]!(`cancelled-${nameOf(stage)}`, target);
    expect(await bench.stage(id)).toBe(stage);
    const before = [await bench.holds(target), await bench.bank(codeOf(target))];
    const lines = (await bench.kinds(id)).length;
    await bench.handle(id).cancel();
    bench.runner.touch(id);
    await bench.runner.settle();
    expect([await bench.holds(target), await bench.bank(codeOf(target))]).toEqual(before);
    expect((await bench.kinds(id)).slice(lines)).toEqual([line]);
    expect(await bench.stage(id)).toBe(then);
    expect((await bench.handle(id).describe()).status.name).toBe('RUNNING');
    await bench.behave();
  });

  test('of a containment: its decision stays on somebody’s desk, and its time-out acts', async () => {
    const id = await bench.loss('link-c5', 'c5-1');
    await bench.handle(id).cancel();
    bench.runner.touch(id);
    await bench.runner.settle();
    expect(await bench.stage(id)).toBe('DECIDING');
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['decide']);
    await bench.pass('PT4H');
    expect(await bench.bank('LINK_C5')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });
});

type To = 'the beginning' | 'before the first decision';

/** Resets a run, with or without what people and other systems sent since. */
async function reset(workflowId: string, to: To, again: 'all' | 'nothing'): Promise<void> {
  const { client, namespace } = bench.world;
  const { events } = await bench.handle(workflowId).fetchHistory();
  const decided = events!.findIndex(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === 'decide',
  );
  const completed = (event: (typeof events & object)[number]) => event.workflowTaskCompletedEventAttributes;
  const point = to === 'the beginning' ? events!.find(completed)! : events!.slice(0, decided).findLast(completed)!;
  await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
    reason: 'a test',
    workflowTaskFinishEventId: point.eventId!,
    requestId: `reset-${workflowId}`,
    resetReapplyExcludeTypes: again === 'all' ? [] : [SIGNALS, UPDATES],
  });
  bench.runner.touch(workflowId);
  await bench.runner.settle();
}

/** Numbers of Temporal's API (`ResetReapplyExcludeType`). */
const SIGNALS = 1;
const UPDATES = 2;

/** The reset run knows of no approval: somebody refuses what was approved and done. */
async function tellAnotherStory(id: string): Promise<{ type: string; message: string }> {
  const digest = String((await bench.line(id, 'proposed'))!.content['digest']);
  const refuse = { v: 1, ...approve, verdict: 'refuse', reason: 'Another story', digest };
  return refusal(bench.update(id, 'decide', [refuse]));
}

const standing = (id: string) => bench.handle(id).query<SuspensionState>('standing');

describe('reset writes no second story', () => {
  test('a run that is reset and tells the same story again changes nothing', async () => {
    const id = await bench.inForce('reset-same', ['link-o2']);
    const before = await bench.register();
    await reset(id, 'before the first decision', 'all');
    await bench.pass('PT1M');
    expect(await bench.register()).toEqual(before);
    expect(await standing(id)).toMatchObject({ phase: 'ordered', targets: { 'link-o2': { status: 'settled' } } });
    expect(await bench.bank('LINK_O2')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('a run that is reset to its beginning ends with the way out, is named by the sweep, and can go on', async () => {
    const id = await bench.inForce('reset-beginning', ['link-o3']);
    const before = await bench.register();
    await reset(id, 'the beginning', 'nothing');
    const ended = await refusal(bench.handle(id).result());
    expectReadable(ended);
    expect(ended.message).toContain('hikeshi reconcile');
    expect(await bench.register()).toEqual(before);
    expect(await orphans()).toEqual([{ workflowId: id, incident: 'B', problem: 'NO_RUN' }]);
    await bench.start(id, { v: 1, resume: true });
    expect(await orphans()).toEqual([]);
    expect((await standing(id)).phase).toBe('ordered');
    await bench.lift(id);
    expect(await bench.bank('LINK_O3')).toMatchObject({ status: 'OPEN', applied: 2 });
  });

  test.each(['IN_FORCE', 'PARTIALLY_FAILED', 'LIFT_PROPOSED', 'LIFTING', 'EXECUTING', 'WATCHED'])(
    'a run that was %s and tells another story writes nothing, says so, and goes on after reconcile',
    async (stage) => {
      const links: Record<string, string> = { IN_FORCE: 'mijica-web', EXECUTING: 'link-o4', WATCHED: 'link-o5' };
      const target = links[stage] ?? card(`r-${nameOf(stage)}`);
      if (!links[stage]) await bench.bankHas(codeOf(target));
      const id = await STAGES[stage]!(`reset-${nameOf(stage)}`, target);
      await bench.behave();
      const [holds, before] = [await bench.holds(target), await bench.timeline(id)];
      await reset(id, 'before the first decision', 'nothing');

      const refused = await tellAnotherStory(id);
      expectReadable(refused);
      expect(refused.message).toContain('hikeshi reconcile');
      expect(await bench.timeline(id)).toEqual(before);
      expect(await bench.holds(target)).toEqual(holds);
      expect(await bench.stage(id)).toBe(stage);
      expect((await bench.tasks(id)).map(({ subject }) => subject)).toContain('reconcile');
      if (stage === 'IN_FORCE') expect(await orphans()).toMatchObject([{ workflowId: id, problem: 'STAGE_DIFFERS' }]);
      expect(await bench.attributes(id)).toMatchObject({ Stage: 'DIVERGED', NeedsHuman: true });
      // Nobody is asked for a decision that could not be kept, and facts wait.
      expect(await bench.questions(id)).toEqual([]);

      await bench.signal(id, 'reconcile', { v: 1, by: 'duty-1' });
      expect((await bench.timeline(id)).slice(0, before.length)).toEqual(before);
      await bench.pass('PT10M');
      const goesOn: Record<string, string> = {
        EXECUTING: 'IN_FORCE',
        PARTIALLY_FAILED: 'IN_FORCE',
        LIFTING: 'WATCHED',
      };
      const end = goesOn[stage] ?? stage;
      expect(await bench.stage(id)).toBe(end);
      expect(await bench.bank(codeOf(target))).toMatchObject(
        end === 'WATCHED' ? { status: 'OPEN', applied: 2 } : { status: 'CLOSED', applied: 1 },
      );
      expect(await orphans()).toEqual([]);
    },
  );

  test('a loss that comes while a run has diverged is taken after reconcile', async () => {
    const id = await bench.inForce('reset-loss', ['link-o6']);
    await bench.lift(id);
    const before = await bench.timeline(id);
    await reset(id, 'before the first decision', 'nothing');
    await tellAnotherStory(id);
    await bench.loss('link-o6', 'o6-1');
    expect(await bench.timeline(id)).toEqual(before);
    await bench.signal(id, 'reconcile', { v: 1, by: 'duty-1' });
    expect(await bench.alarms(id)).toEqual(['alarm.watchTripped']);
    expect(await bench.bank('LINK_O6')).toMatchObject({ status: 'CLOSED', applied: 3 });
  });

  test('a reconcile that comes before anything went apart answers no later question', async () => {
    const id = await bench.inForce('reconcile-early', ['yucho-pay']);
    await reset(id, 'before the first decision', 'nothing');
    await bench.signal(id, 'reconcile', { v: 1, by: 'duty-1' });
    await tellAnotherStory(id);
    expect(await bench.attributes(id)).toMatchObject({ Stage: 'DIVERGED' });
  });
});

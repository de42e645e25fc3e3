import type { WorkflowHandle } from '@temporalio/client';
import { inspectionId, roundId } from '../../src/domain/ids.js';
import type { RoundState } from '../../src/domain/inspectionRound.js';
import { DAY, millis, plus, type Instant } from '../../src/domain/instant.js';
import { nextClock, type InspectionState } from '../../src/domain/providerInspection.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';

/** So few that every run goes on as new after a handful of signals. */
const EVENTS_BEFORE_A_FRESH_RUN = '20';
/** Of some thirty days: the round is warned within the first seconds, while it goes on as new. */
const SHARES = [3, 6, 9].map((seconds) => seconds / (30 * 24 * 3600));
const SIGNALS = 60;
/** Sent in a row; the next ones when these are heard, so that there are several runs however fast the machine is. */
const IN_A_ROW = 12;
/** `WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND`. */
const UNHANDLED_COMMAND = 1;

const ROUND = roundId('RL');
const C1 = inspectionId('RL', 'c1');

let world: LiveWorld;
beforeAll(async () => {
  world = await openLiveWorld({
    name: 'continued',
    policy: { inspection: { roundWarnings: SHARES } },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': EVENTS_BEFORE_A_FRESH_RUN },
  });
  await world.startWorker();
  await world.operator.start('inspectionRound', ROUND, {
    v: 1,
    round: 'RL',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    units: ['c1', 'o1', 'n1'],
    target: '30日以内',
  });
  await world.operator.decide(ROUND, 'open', 'open', 'commander-1');
  await world.operator.stage(C1, 'REQUESTED');
});
afterAll(() => world?.close());

/** As the register holds it: a run that has just begun knows no state yet. */
const standing = <S>(workflowId: string, until: (state: S) => boolean = () => true): Promise<S> =>
  eventually(`${workflowId} says how it stands`, async () => {
    const row = await world.store.db
      .selectFrom('job')
      .select('state')
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    const state = row?.state as S | undefined;
    return state !== undefined && until(state) && state;
  });

const rows = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / IN_A_ROW) }, (_, n) => all.slice(n * IN_A_ROW, (n + 1) * IN_A_ROW));

const handle = (workflowId: string, runId?: string) => world.client.workflow.getHandle(workflowId, runId);

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
interface Run {
  readonly runId: string;
  readonly events: Events;
}

/** All runs of a workflow, the first one first. */
async function runsOf(workflowId: string): Promise<Run[]> {
  const runs: Run[] = [];
  let runId: string | undefined =
    (await handle(workflowId).describe()).raw.workflowExecutionInfo?.firstRunId ?? undefined;
  while (runId) {
    const events: Events = (await handle(workflowId, runId).fetchHistory()).events ?? [];
    runs.push({ runId, events });
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}

const received = (runs: readonly Run[], signal: string) =>
  runs
    .flatMap(({ events }) => events)
    .filter((event) => event.workflowExecutionSignaledEventAttributes?.signalName === signal);

const story = (workflowId: string) =>
  world.store.db
    .selectFrom('timeline')
    .select(['sequence', 'kind', 'content', 'run_id as run'])
    .where('workflow_id', '=', workflowId)
    .orderBy('sequence')
    .execute();

/** One line after the other, written by one run after the other, none twice. */
async function expectOneStory(workflowId: string, runs: readonly Run[]): Promise<void> {
  const lines = await story(workflowId);
  expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
  const order = runs.map(({ runId }) => runId);
  const wroteIn = lines.map(({ run }) => order.indexOf(run!));
  expect(wroteIn).not.toContain(-1);
  expect(wroteIn).toEqual([...wroteIn].sort((a, b) => a - b));
  const job = await world.store.db
    .selectFrom('job')
    .select(['sequence', 'state'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirstOrThrow();
  expect(job.sequence).toBe(lines.length);
  // The run that goes on may not have asked the register yet.
  const known = () => handle(workflowId).query<unknown>('standing');
  await eventually('the run knows its state', async () => (await known()) !== undefined);
  expect(await known()).toEqual(job.state);
  // A run that ends in the very moment in which a signal comes tries its last task again.
  const failed: number[] = runs.flatMap(({ events }) =>
    events.flatMap((event) => event.workflowTaskFailedEventAttributes?.cause ?? []),
  );
  expect(failed.filter((cause) => cause !== UNHANDLED_COMMAND)).toEqual([]);
}

/** Instants at which the timers of a run's history ring. */
const rings = ({ events }: Run) =>
  events.flatMap(({ eventTime, timerStartedEventAttributes: timer }) => {
    const ms = (time: { seconds?: unknown; nanos?: number | null } | null | undefined) =>
      Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
    return timer ? [ms(eventTime) + ms(timer.startToFireTimeout)] : [];
  });

test('a round that is told of units while it goes on as new loses none of them, and is warned once at each share', async () => {
  const units = Array.from({ length: SIGNALS }, (_, index) => `late-${String(index + 1).padStart(2, '0')}`);
  const reports: Promise<{ digest: string }>[] = [];
  for (const some of rows(units)) {
    // Somebody proposes a report in the midst of it.
    const args: [unknown] = [{ v: 1, by: 'provider-manager-1' }];
    reports.push(handle(ROUND).executeUpdate<{ digest: string }, [unknown]>('proposeReport', { args }));
    for (const unit of some) {
      await handle(ROUND).signal('unitMoved', { v: 1, unit, result: 'NOT_ANSWERED', sequence: 1 });
      await handle(ROUND).signal('unitMoved', { v: 1, unit, result: 'SATISFIED', sequence: 2 });
    }
    await standing<RoundState>(ROUND, (is) => is.units[some.at(-1)!] === 'SATISFIED');
  }
  await standing<RoundState>(ROUND, ({ warnings }) => warnings.length === 0);
  const digests = (await Promise.all(reports)).map(({ digest }) => digest);
  const is = await standing<RoundState>(ROUND);
  for (const unit of units) expect([unit, is.units[unit]]).toEqual([unit, 'SATISFIED']);
  expect([new Set(digests).size, is.proposals]).toEqual([digests.length, digests.length]);

  const runs = await runsOf(ROUND);
  expect(runs.length).toBeGreaterThanOrEqual(3);
  const lines = await story(ROUND);
  const told = lines
    .filter(({ kind }) => kind === 'unitAdded' || kind === 'unitMoved')
    .map(({ kind, content }) => ({ kind, ...(content as { unit: string; result: string }) }))
    .filter(({ unit }) => unit.startsWith('late-'));
  expect(told.map(({ kind, unit, result }) => [kind, unit, result])).toEqual(
    units.flatMap((unit) => [
      ['unitAdded', unit, 'NOT_ANSWERED'],
      ['unitMoved', unit, 'SATISFIED'],
    ]),
  );
  const warned = lines.filter(({ kind }) => kind === 'onTrack' || kind === 'alarm.roundWillSlip');
  expect(warned).toHaveLength(SHARES.length);
  expect(received(runs, 'unitMoved').length).toBeGreaterThanOrEqual(2 * SIGNALS);
  await expectOneStory(ROUND, runs);
  // What is left to come is waited for: the target.
  await eventually('the target is waited for', async () => {
    const last = (await runsOf(ROUND)).at(-1)!;
    return rings(last).some((at) => Math.abs(at - millis(plus(is.target.at, 1))) < 1_000);
  });
});

test('an inspection that is written to while it goes on as new reads everything, and mails nothing twice', async () => {
  const before = await standing<InspectionState>(C1);
  const replies = Array.from({ length: SIGNALS }, (_, index) => (index + 1).toString(16).padStart(32, '0'));
  for (const some of rows(replies)) {
    for (const reply of some) await handle(C1).signal('replyReceived', { v: 1, reply });
    await standing<InspectionState>(C1, (is) => is.replies?.includes(some.at(-1)!) ?? false);
  }
  const is = await standing<InspectionState>(C1);
  expect(is.replies).toEqual(replies);
  expect([is.asked, is.phase, is.mails]).toEqual([before.asked, 'REQUESTED', before.mails]);

  const runs = await runsOf(C1);
  expect(runs.length).toBeGreaterThanOrEqual(3);
  const lines = await story(C1);
  expect(lines.filter(({ kind }) => kind === 'replyReceived').map(({ content }) => content)).toEqual(
    replies.map((reply) => ({ reply })),
  );
  expect(lines.filter(({ kind }) => kind === 'requested')).toHaveLength(1);
  await expectOneStory(C1, runs);
  const sink = await fetch(`${world.simulator.url}/sim/mail`);
  const { mail } = (await sink.json()) as { mail: { to: string[] }[] };
  expect(mail.filter(({ to }) => to[0] === 'inspection@c1.example')).toHaveLength(1);
  const { length } = await world.store.db
    .selectFrom('provider_mail')
    .select('key')
    .where('workflow_id', '=', C1)
    .execute();
  expect(length).toBe(1);
  // The next reminder is waited for by the run that goes on, as by the first one.
  const due: Instant = nextClock(is)!;
  expect(due > plus(before.asked!.due.start, DAY)).toBe(true);
  await eventually('the reminder is waited for', async () => {
    const last = (await runsOf(C1)).at(-1)!;
    return rings(last).some((at) => Math.abs(at - millis(due)) < 1_000);
  });

  // What people decide meets the run that goes on.
  await world.operator.decide(C1, 'reply', 'read', 'provider-manager-1');
  expect(await standing<InspectionState>(C1)).toMatchObject({ repliesRead: SIGNALS });
});

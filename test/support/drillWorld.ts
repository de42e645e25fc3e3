import path from 'node:path';
import { Client, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { openActivityDeps, type ActivityDeps } from '../../src/activities/deps.js';
import { PROJECT_ROOT, type Config } from '../../src/config.js';
import type { DecisionReceipt, Question } from '../../src/domain/decision.js';
import { containmentId } from '../../src/domain/ids.js';
import { instant, plus, type Duration, type Instant } from '../../src/domain/instant.js';
import { isAlarm } from '../../src/domain/transition.js';
import { DrillRunner } from '../../src/drill/runner.js';
import { openWorld, type Ground, type World } from '../../src/drill/world.js';
import { SIMULATOR_TOKEN } from '../../src/simulator/channelSystem.js';
import type { SunkMail } from '../../src/simulator/mailText.js';
import { readPlaybook, type AllDocuments } from '../../src/store/documents.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { openKeyRing } from '../../src/worker/keyRing.js';
import { drillGround, silent } from './drillGround.js';

/** A Wednesday, 10:00 in Japan. */
export const START = at('2020-09-16T10:00+09:00');

export function at(text: string): Instant {
  return instant(Date.parse(text));
}

const EXAMPLE = path.join(PROJECT_ROOT, 'playbooks/example');

export interface BenchOptions {
  readonly start?: Instant;
  /** Changes the example playbook before it is published. */
  readonly change?: (documents: AllDocuments) => AllDocuments;
  readonly workerEnv?: NodeJS.ProcessEnv;
  readonly simulatorEnv?: NodeJS.ProcessEnv;
}

export interface TestGround {
  readonly config: Config;
  /** A folder for what this test file keeps on disk; removed at its end. */
  readonly folder: string;
  open(options?: BenchOptions): Promise<Bench>;
}

let worlds = 0;

/**
 * Servers for all tests of this file, opened before the first and stopped after the last; worlds that a test left open
 * are closed with them. Keys and logs of the worlds lie in a folder of their own.
 * @param make another ground, e.g. servers that the test kills
 */
export function testGround(make?: (config: Config, folder: string) => Promise<Ground>): TestGround {
  const open: Bench[] = [];
  // Before the servers that they stand on.
  afterAll(async () => {
    for (const bench of open) await bench.close();
  }, 120_000);
  const place = drillGround(make);
  const { config, folder } = place;
  return {
    config,
    folder,
    async open(options = {}) {
      const bench = await Bench.open(place.ground, config, options);
      open.push(bench);
      return bench;
    },
  };
}

export interface Verdict {
  readonly subject: string;
  readonly verdict: string;
  readonly by: string;
  readonly reason?: string;
  /** That of the open question, unless another one is to be tried. */
  readonly digest?: string;
}

export interface SimulatorLog {
  readonly functions: readonly {
    readonly code: string;
    readonly status: string;
    readonly limit?: number;
    /** Items under way, and what a stop made of them. */
    readonly queued: number;
    readonly held: number;
    readonly finished: number;
    readonly rejected: number;
    readonly orders: {
      readonly applied: number;
      readonly pretended: number;
      readonly repeated: number;
      readonly conflict: number;
    };
  }[];
  readonly orders: readonly {
    readonly code: string;
    readonly key: string;
    readonly effect: string;
    readonly status: string;
  }[];
}

/** A world with its runner, and the small verbs of the tests. */
export class Bench {
  /** Instants at which somebody did something, for ids that repeat from run to run. */
  private calls = 0;
  private closed: Promise<void> | undefined;

  private constructor(
    readonly world: World,
    readonly runner: DrillRunner,
    private readonly config: Config,
  ) {}

  static async open(ground: Ground, config: Config, options: BenchOptions): Promise<Bench> {
    const { start = START, change = (documents) => documents } = options;
    const clock = { now: start };
    const world = await openWorld({
      config,
      ground,
      id: `test-${process.pid}-${++worlds}`,
      documents: change(await readPlaybook(EXAMPLE)),
      start,
      now: () => clock.now,
      log: silent,
      ...(options.workerEnv && { workerEnv: options.workerEnv }),
      ...(options.simulatorEnv && { simulatorEnv: options.simulatorEnv }),
    });
    const set = async (now: Instant) => {
      clock.now = now;
      // The bank of a drill may be down just now; its clock only dates its log.
      await world.outside.setClock(now).catch(silent);
    };
    return new Bench(world, new DrillRunner(world.client, { set }, start), config);
  }

  close(): Promise<void> {
    return (this.closed ??= this.world.close());
  }

  /** What it starts runs on the wall clock. */
  liveClient(): Client {
    const { client, namespace } = this.world;
    const dataConverter = dataConverterFor(namespace, openKeyRing(this.config.stateDir));
    return new Client({ connection: client.connection, namespace, dataConverter });
  }

  /**
   * What activities work with, in the test's own process, on this world's register and channel system.
   * @param settings of the register's sessions, as PostgreSQL's `options` take them
   */
  async withDeps<T>(work: (deps: ActivityDeps) => Promise<T>, settings?: string): Promise<T> {
    const { store, namespace, client, outside } = this.world;
    const url = new URL(store.pool.options.connectionString!);
    if (settings) url.searchParams.set('options', settings);
    const { deps, close } = openActivityDeps(
      { ...this.config, databaseUrl: url.toString(), namespace },
      {
        drill: true,
        client,
        env: { HIKESHI_CHANNEL_URL: outside.url, HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN },
      },
    );
    try {
      return await work(deps);
    } finally {
      await close();
    }
  }

  get db() {
    return this.world.store.db;
  }

  get now(): Instant {
    return this.runner.now();
  }

  handle(workflowId: string) {
    return this.world.client.workflow.getHandle(workflowId);
  }

  // --- what people and other systems do

  /** Starts a workflow of the job that the id names, with the arguments as they are. */
  async startRaw(workflowId: string, args: unknown[], job = workflowId.split('/')[0]!): Promise<void> {
    await this.world.client.workflow.start(job, { workflowId, taskQueue: 'process', args });
    this.runner.touch(workflowId);
    await this.runner.settle();
  }

  start(workflowId: string, input: object): Promise<void> {
    return this.startRaw(workflowId, [input]);
  }

  /** Proposes the suspension of targets; `more` overrides. */
  async propose(name: string, targets: readonly string[], more: object = {}): Promise<string> {
    const workflowId = `suspension/B/${name}`;
    await this.start(workflowId, {
      v: 1,
      incident: 'B',
      measure: 'suspend',
      targets,
      by: 'duty-1',
      reason: 'Losses go on',
      ...more,
    });
    return workflowId;
  }

  emergency(name: string, targets: readonly string[], more: object = {}): Promise<string> {
    return this.propose(name, targets, { emergency: true, ...more });
  }

  /** A suspension that was proposed, approved and is in force. */
  async inForce(name: string, targets: readonly string[], more: object = {}): Promise<string> {
    const workflowId = await this.propose(name, targets, more);
    await this.decide(workflowId, { subject: 'approve', verdict: 'approve', by: 'commander-1' });
    return workflowId;
  }

  async lift(workflowId: string): Promise<void> {
    await this.update(workflowId, 'proposeLift', [{ v: 1, by: 'provider-manager-1', reason: 'The control works' }]);
    await this.decide(workflowId, { subject: 'lift', verdict: 'approve', by: 'commander-1' });
  }

  /** Sends an update as it is and lets everything happen that follows at this instant. */
  async update<T = unknown>(workflowId: string, name: string, args: unknown[]): Promise<T> {
    const updateId = `${name}-${++this.calls}`;
    const handle = await this.world.client.workflow
      .getHandle(workflowId)
      .startUpdate(name, { args: args as [], updateId, waitForStage: 'ACCEPTED' });
    this.runner.touch(workflowId);
    // A refusal must not go unheard while the clock ticks.
    const answer = handle.result().then(
      (value) => ({ value: value as T }),
      (error: unknown) => ({ error }),
    );
    await this.runner.settle();
    const outcome = await answer;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async questions(workflowId: string): Promise<readonly Question[]> {
    return this.handle(workflowId).query<readonly Question[]>('questions');
  }

  async decide(workflowId: string, { subject, verdict, by, reason, digest }: Verdict): Promise<DecisionReceipt> {
    const asked = digest ?? (await this.questions(workflowId)).find((question) => question.subject === subject)?.digest;
    const json = { v: 1, subject, verdict, by, reason: reason ?? 'It is right so', digest: asked ?? 'none' };
    return this.update<DecisionReceipt>(workflowId, 'decide', [json]);
  }

  async signal(workflowId: string, name: string, ...args: unknown[]): Promise<void> {
    await this.handle(workflowId).signal(name, ...args);
    this.runner.touch(workflowId);
    await this.runner.settle();
  }

  /** Confirms a loss, as other systems do: signal with start. */
  async loss(target: string, reference: string, more: object = {}, incident = 'B'): Promise<string> {
    const workflowId = containmentId(incident, target);
    await this.world.client.workflow.signalWithStart('containment', {
      workflowId,
      taskQueue: 'process',
      args: [{ v: 1, incident, target }],
      signal: 'lossConfirmed',
      signalArgs: [
        { v: 1, incident, target, reference, count: 1, occurredAt: this.now, confirmedAt: this.now, ...more },
      ],
    });
    this.runner.touch(workflowId);
    await this.runner.settle();
    return workflowId;
  }

  async sweep(): Promise<void> {
    await this.startRaw(`guardSweep/${this.now}-${++this.calls}`, [{ v: 1 }]);
  }

  /** Time goes by, and everything happens that waits for it. */
  pass(duration: string): Promise<void> {
    return this.runner.moveTo(plus(this.now, duration as Duration));
  }

  // --- the outside world

  misbehave(rule: object): Promise<void> {
    return this.toSimulator('/sim/misbehave', rule);
  }

  behave(): Promise<void> {
    return this.misbehave({ mode: 'none' });
  }

  drift(code: string, status: string, limit?: number): Promise<void> {
    return this.toSimulator('/sim/drift', { code, status, limit });
  }

  /** A function, card or account that the bank did not have yet, with items under way. */
  bankHas(code: string, queued = 0): Promise<void> {
    return this.toSimulator('/sim/functions', { code, queued });
  }

  private async toSimulator(route: string, body: object): Promise<void> {
    const response = await fetch(this.world.outside.url + route, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  }

  async simulatorLog(): Promise<SimulatorLog> {
    return (await (await fetch(`${this.world.outside.url}/sim/log`)).json()) as SimulatorLog;
  }

  /** How the bank's own function stands, and how many orders took effect on it. */
  async bank(code: string) {
    const found = (await this.simulatorLog()).functions.find((fn) => fn.code === code)!;
    return { status: found.status, limit: found.limit, applied: found.orders.applied };
  }

  async mails(): Promise<SunkMail[]> {
    const response = await fetch(`${this.world.outside.url}/sim/mail`);
    return ((await response.json()) as { mail: SunkMail[] }).mail;
  }

  /** What operators filter by in the Web UI. */
  async attributes(workflowId: string): Promise<Record<string, unknown>> {
    const { typedSearchAttributes } = await this.handle(workflowId).describe();
    return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  }

  // --- what the register holds

  async stage(workflowId: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom('job')
      .select('stage')
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    return row?.stage;
  }

  /** Suspensions that hold a target now. */
  async holds(target: string): Promise<string[]> {
    const rows = await this.db
      .selectFrom('hold')
      .select('workflow_id')
      .where('target', '=', target)
      .where('released_at', 'is', null)
      .orderBy('workflow_id')
      .execute();
    return rows.map(({ workflow_id }) => workflow_id);
  }

  async timeline(workflowId?: string) {
    let query = this.db
      .selectFrom('timeline')
      .select(['workflow_id', 'sequence', 'entity', 'kind', 'effective_at', 'recorded_at', 'content'])
      .orderBy('recorded_at')
      .orderBy('workflow_id')
      .orderBy('sequence');
    if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
    const rows = await query.execute();
    return rows.map((row) => ({ ...row, content: row.content as Record<string, unknown> }));
  }

  /** Kinds of the timeline's lines of one workflow, in order. */
  async kinds(workflowId: string): Promise<string[]> {
    return (await this.timeline(workflowId)).map(({ kind }) => kind);
  }

  async alarms(workflowId?: string): Promise<string[]> {
    return (await this.timeline(workflowId)).map(({ kind }) => kind).filter(isAlarm);
  }

  async line(workflowId: string, kind: string) {
    return (await this.timeline(workflowId)).find((entry) => entry.kind === kind);
  }

  tasks(workflowId: string) {
    return this.db
      .selectFrom('task')
      .selectAll()
      .where('workflow_id', '=', workflowId)
      .where('closed_at', 'is', null)
      .orderBy('opened_at')
      .orderBy('id')
      .execute();
  }

  duties(workflowId: string) {
    return this.db.selectFrom('duty').selectAll().where('workflow_id', '=', workflowId).orderBy('duty').execute();
  }

  decisions(workflowId: string) {
    return this.db
      .selectFrom('decision')
      .selectAll()
      .where('workflow_id', '=', workflowId)
      .orderBy('sequence')
      .execute();
  }

  /** What was last read back from a target. */
  async readBack(target: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom('function_state')
      .select('state')
      .where('target', '=', target)
      .orderBy('effective_at', 'desc')
      .orderBy('order_n', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.state;
  }

  /** Everything in the register that a refused step must leave as it was. */
  async register(): Promise<unknown> {
    const tables = ['job', 'timeline', 'hold', 'function_order', 'task', 'duty', 'decision', 'loss'] as const;
    const rows = await Promise.all(tables.map((table) => this.db.selectFrom(table).selectAll().execute()));
    return Object.fromEntries(
      tables.map((table, index) => [table, rows[index]!.map((row) => JSON.stringify(row)).sort()]),
    );
  }

  /** Attempts at a workflow task that broke: there must be none, whatever was sent. */
  async brokenTasks(workflowId: string): Promise<number> {
    const { events } = await this.handle(workflowId).fetchHistory();
    return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length;
  }
}

/** The application failure with which an update or a run was refused; anything else is thrown on. */
export async function refusal(work: Promise<unknown>): Promise<{ type: string; message: string }> {
  try {
    await work;
  } catch (error) {
    const cause =
      error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    return { type: cause.type ?? '', message: cause.message };
  }
  throw new Error('It was not refused.');
}

/** A sentence in both languages, for people: English first, no hole, no stack. */
export function expectReadable({ type, message }: { type: string; message: string }): void {
  expect(type).toBe('Refused');
  const [en, ja] = message.split(' ／ ');
  expect(en).toMatch(/\.( |$)|\{|Send for example/);
  expect(ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  expect(message).not.toMatch(/undefined|\[object|at .*\.js:/);
}

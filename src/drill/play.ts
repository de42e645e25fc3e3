import type { Client } from '@temporalio/client';
import type { Question } from '../domain/decision.js';
import { containmentId } from '../domain/ids.js';
import { DAY, HOUR, instant, localDate, millis, MINUTE, offsetMinutes, plus, type Instant } from '../domain/instant.js';
import { functionOf } from '../domain/serviceMap.js';
import { zoneAt } from '../activities/zone.js';
import { inspectionSteps, type InspectionScript } from './inspection.js';
import type { DrillRunner } from './runner.js';
import type { AttemptsEvent, DrillEvent, HumanEvent, LossEvent, PolicyName, Script } from './script.js';
import type { Sentence } from '../domain/sentence.js';
import type { World } from './world.js';

const QUEUE = 'process';

/** An event of the script that found nothing to act on. */
export interface Skipped {
  readonly at: Instant;
  readonly target: string;
  readonly sentence: Sentence;
}

export interface Played {
  /** Events of the script that found nothing to act on, e.g. a loss that did not happen. */
  readonly skipped: readonly Skipped[];
  readonly ticks: number;
}

export interface PlayOptions {
  readonly script: Script;
  readonly policy: PolicyName;
  readonly runner: DrillRunner;
  /** Played under as-happened only: it is what people did. */
  readonly inspection?: InspectionScript;
  /** Called before each step, for a table-top exercise's pace or a test's faults. */
  readonly beforeStep?: (at: Instant, step: number) => Promise<void>;
}

/** Plays a script in its world: scripted events, and whatever the workflows do by themselves between them. */
export async function play(
  world: World,
  { script, policy, runner, inspection, beforeStep }: PlayOptions,
): Promise<Played> {
  const player = new Player(world, script, policy, runner);
  const steps = [
    ...script.events.map((event) => ({ at: event.at, run: () => player.event(event) })),
    ...(inspection && policy === 'as-happened' ? inspectionSteps(inspection, world, runner) : []),
    ...sweepInstants(world, script).map((at) => ({ at, run: () => player.sweep(at) })),
  ];
  // Stable: what the script says comes before the sweep of the same instant.
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const [index, step] of steps.entries()) {
    await beforeStep?.(step.at, index);
    // What is due before the event happens first; at the same instant, the event comes first.
    await runner.moveTo(plus(step.at, -1));
    await runner.standAt(step.at);
    await step.run();
    await runner.moveTo(step.at);
  }
  await runner.moveTo(script.end);
  return { skipped: player.skipped, ticks: runner.ticks };
}

function sweepInstants(world: World, script: Script): Instant[] {
  const zone = zoneAt(world.documents.playbook.zone, script.start);
  const [hours, minutes] = script.sweepAt.split(':').map(Number) as [number, number];
  const midnight =
    millis(`${localDate(script.start, zone)}T00:00:00.000Z` as Instant) - offsetMinutes(script.start, zone) * MINUTE;
  const instants: Instant[] = [];
  for (let at = midnight + hours * HOUR + minutes * MINUTE; at <= millis(script.end); at += DAY)
    if (at >= millis(script.start)) instants.push(instant(at));
  return instants;
}

class Player {
  readonly skipped: Skipped[] = [];
  private readonly wentThrough = new Map<string, { count: number; at: Instant }>();
  private readonly client: Client;

  constructor(
    private readonly world: World,
    private readonly script: Script,
    private readonly policy: PolicyName,
    private readonly runner: DrillRunner,
  ) {
    this.client = world.client;
  }

  async event(event: DrillEvent): Promise<void> {
    if ('human' in event) {
      if (this.policy === 'as-happened') await this.human(event);
      return;
    }
    if (event.fact === 'attempts') await this.attempts(event);
    else await this.loss(event);
  }

  /** Every attempt is a request to the channel system; whether it is spared is the channel's answer, not the script's. */
  private async attempts(event: AttemptsEvent): Promise<void> {
    const code = functionOf(this.world.documents.services, event.function).external['code']!;
    let count = 0;
    for (let n = 1; n <= event.count; n++) {
      const amountYen = n === event.count ? (event.lastAmountYen ?? event.amountYen) : event.amountYen;
      if (await this.world.outside.attempt(code, { requestKey: `${event.wave}/${n}`, amountYen, purpose: 'fraud' }))
        count++;
    }
    this.wentThrough.set(event.wave, { count, at: event.at });
  }

  private async loss(event: LossEvent): Promise<void> {
    const wave = event.wave === undefined ? undefined : this.wentThrough.get(event.wave);
    const count = wave?.count ?? (event.wave === undefined ? event.count : undefined) ?? 0;
    if (count === 0) {
      this.skipped.push({
        at: event.at,
        target: event.target,
        sentence: {
          en: `No loss on ${event.target}: no attempt of this wave went through.`,
          ja: `${event.target} の被害なし（この時の不正送金の試みは一件も成立せず）。`,
        },
      });
      return;
    }
    const workflowId = containmentId(event.incident, event.target);
    const loss = {
      v: 1,
      incident: event.incident,
      target: event.target,
      reference: `loss-${event.at.slice(0, 10)}`,
      count,
      occurredAt: wave?.at ?? event.occurredAt ?? event.at,
      confirmedAt: event.at,
      ...(event.failedControl && { failedControl: event.failedControl }),
    };
    await this.client.workflow.signalWithStart('containment', {
      workflowId,
      taskQueue: QUEUE,
      args: [{ v: 1, incident: event.incident, target: event.target }],
      signal: 'lossConfirmed',
      signalArgs: [loss],
    });
    this.runner.touch(workflowId);
  }

  private async human(event: HumanEvent): Promise<void> {
    this.runner.touch(event.workflow);
    if (event.human === 'start') {
      await this.client.workflow.start('suspension', {
        workflowId: event.workflow,
        taskQueue: QUEUE,
        args: [event.input],
      });
      return;
    }
    const handle = this.client.workflow.getHandle(event.workflow);
    const questions = await handle.query<readonly Question[]>('questions');
    const digest = questions.find(({ subject }) => subject === event.subject)?.digest ?? 'none';
    const { subject, verdict, by, reason } = event;
    await handle.executeUpdate('decide', {
      args: [{ v: 1, subject, verdict, by, reason, digest }],
      updateId: `decide-${event.at}-${subject}`,
    });
  }

  async sweep(at: Instant): Promise<void> {
    const workflowId = `guardSweep/${at}`;
    await this.client.workflow.start('guardSweep', { workflowId, taskQueue: QUEUE, args: [{ v: 1 }] });
    this.runner.touch(workflowId);
  }
}

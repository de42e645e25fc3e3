import type { Client, WorkflowHandle } from '@temporalio/client';
import type { LossConfirmed } from '../../src/domain/containment.js';
import type { DecisionReceipt, Question } from '../../src/domain/decision.js';
import { containmentId, suspensionId } from '../../src/domain/ids.js';
import { instant } from '../../src/domain/instant.js';
import type { SuspensionInput, SuspensionState } from '../../src/domain/suspension.js';
import type { Store } from '../../src/store/open.js';

const WAIT_MS = 45_000;

/** Waits until the condition gives something; says what it waited for when it never does. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  ms = WAIT_MS,
): Promise<T> {
  for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`This did not come true in ${ms / 1000} s: ${what}`);
  }
}

/** Starts, decides and looks, as people and other systems do, for the incident `incident`. */
export class LiveOperator {
  incident = 'L';

  constructor(
    private readonly client: Client,
    private readonly store: Store,
  ) {}

  start(type: string, workflowId: string, ...args: unknown[]): Promise<WorkflowHandle> {
    return this.client.workflow.start(type, { taskQueue: 'process', workflowId, args });
  }

  /** Proposes a suspension, or orders an emergency stop. */
  suspend(name: string, targets: string[], more: Partial<SuspensionInput> = {}): Promise<WorkflowHandle> {
    return this.start('suspension', suspensionId(this.incident, name), {
      v: 1,
      incident: this.incident,
      measure: 'suspend',
      targets,
      by: 'duty-1',
      reason: 'Losses go on',
      ...more,
    });
  }

  /** A confirmed loss, by signal-with-start: how other systems report it. */
  async loss(target: string, reference: string, more: Partial<LossConfirmed> = {}): Promise<WorkflowHandle> {
    const { incident } = this;
    const now = instant(Date.now());
    return this.client.workflow.signalWithStart('containment', {
      taskQueue: 'process',
      workflowId: containmentId(incident, target),
      args: [{ v: 1, incident, target }],
      signal: 'lossConfirmed',
      signalArgs: [{ v: 1, incident, target, reference, count: 1, occurredAt: now, confirmedAt: now, ...more }],
    });
  }

  /** The question with this subject, once the workflow asks it. */
  async question(workflowId: string, subject: string): Promise<Question> {
    return eventually(`${workflowId} asks ${subject}`, async () => {
      // Within its first moments a workflow knows no queries yet.
      const asked = await this.client.workflow
        .getHandle(workflowId)
        .query<Question[]>('questions')
        .catch(() => []);
      return asked.find((question) => question.subject === subject);
    });
  }

  /** Decides what the workflow asks, with the digest that it shows. */
  async decide(workflowId: string, subject: string, verdict: string, by: string, reason = 'Discussed in the room') {
    const { digest } = await this.question(workflowId, subject);
    return this.client.workflow
      .getHandle(workflowId)
      .executeUpdate<DecisionReceipt, [unknown]>('decide', { args: [{ v: 1, subject, verdict, by, reason, digest }] });
  }

  /** Waits until the register says that the workflow has come to this stage. */
  async stage(workflowId: string, stage: string): Promise<void> {
    let last: string | undefined;
    try {
      await eventually(`${workflowId} is ${stage}`, async () => {
        last = await this.stageNow(workflowId);
        return last === stage;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message} (it is ${last ?? 'unknown'})`, { cause: error });
    }
  }

  async stageNow(workflowId: string): Promise<string | undefined> {
    const row = await this.store.db
      .selectFrom('job')
      .select('stage')
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    return row?.stage;
  }

  standing(workflowId: string): Promise<SuspensionState> {
    return this.client.workflow.getHandle(workflowId).query('standing');
  }

  /** Waits until the timeline has an entry of this kind. */
  async told(workflowId: string, kind: string): Promise<void> {
    await eventually(`the timeline of ${workflowId} says ${kind}`, async () =>
      (await this.timeline(workflowId)).includes(kind),
    );
  }

  /** Kinds of the workflow's timeline entries, in their order; of one run only where it is named. */
  async timeline(workflowId: string, runId?: string): Promise<string[]> {
    const rows = await this.store.db
      .selectFrom('timeline')
      .select('kind')
      .where('workflow_id', '=', workflowId)
      .$if(runId !== undefined, (query) => query.where('run_id', '=', runId!))
      .orderBy('sequence')
      .execute();
    return rows.map(({ kind }) => kind);
  }
}

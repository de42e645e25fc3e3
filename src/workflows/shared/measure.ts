import { defineSignal, getExternalWorkflowHandle, log, setHandler } from '@temporalio/workflow';
import { z } from 'zod';
import { examples } from '../../domain/examples.js';
import { plus, MINUTE } from '../../domain/instant.js';
import type { SuspensionInput } from '../../domain/suspension.js';
import { register } from './activities.js';
import { startOnce } from './child.js';
import { freshRunWanted, now, waitUntil } from './clock.js';
import { Inbox } from './inbox.js';
import { inTime } from './inTime.js';

/** Report of a suspension that was decided elsewhere: it stands in the register, or was refused. */
export const measureOpened = defineSignal<[MeasureReport]>('measureOpened');

export const MeasureReport = z.strictObject({ v: z.literal(1), suspension: z.string(), opened: z.boolean() });
export type MeasureReport = z.output<typeof MeasureReport>;

/** A worker that was lost is replaced within seconds; longer silence is a matter for a person. */
const REPORT_WITHIN = 5 * MINUTE;

/** Starts suspensions that outlive their starter, and learns by signal whether they stand. */
export class Measures {
  private readonly reports = new Map<string, boolean>();
  private readonly inTime = inTime();
  readonly inbox = new Inbox('measureOpened', MeasureReport, examples.measureOpened);

  constructor() {
    setHandler(measureOpened, (report) => this.take(report), {
      description: 'A suspension that was decided here reports back.',
    });
  }

  private take(report: unknown): void {
    this.inbox.take(report);
    for (let next = this.inbox.next; next; next = this.inbox.next) {
      this.reports.set(next.suspension, next.opened);
      this.inbox.taken();
    }
  }

  /**
   * @returns whether the suspension opened; one that runs already under this id may be the same one. Undefined: nobody knows
   * yet, and a fresh run is to ask
   */
  async start(workflowId: string, input: SuspensionInput): Promise<boolean | undefined> {
    const staticSummary = `${input.measure} ${input.targets.length} target(s)`;
    if (!(await startOnce('suspension', { workflowId, args: [input], staticSummary }))) {
      if (!this.inTime) return true;
      // Somebody may have given another measure that name: then the function is not stopped.
      const { decidedIn } = await register.openedAs({ workflowId });
      if (decidedIn !== undefined) return decidedIn === input.decidedIn;
    }
    await waitUntil(
      plus(now(), REPORT_WITHIN),
      () => this.reports.has(workflowId),
      'the suspension reports ／ 停止措置の開始確認',
    );
    const opened = this.reports.get(workflowId);
    if (opened === undefined && freshRunWanted() && this.inTime) return undefined;
    return opened ?? false;
  }
}

/** Tells the workflow that decided a suspension whether it opened. That one may be gone by now: then nobody waits. */
export async function reportOpened(decidedIn: string, report: MeasureReport): Promise<void> {
  try {
    await getExternalWorkflowHandle(decidedIn).signal(measureOpened, report);
  } catch {
    log.info('nobody waits for the report of this suspension');
  }
}

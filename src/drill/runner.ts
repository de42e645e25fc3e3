import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Instant } from '../domain/instant.js';
import { earliest } from '../domain/instant.js';
import { TICK, type TickReport } from './protocol.js';

/**
 * A discrete-event simulation around real workflows. Keeps the next wake of every open workflow, moves the instant to
 * whatever comes first, and ticks the workflows that are due until none is left.
 *
 * Ticks go one after the other, in the order of the workflow ids: the order of everything that happens at one instant
 * then follows from the story alone, however often a worker was killed. (Twenty at once would be about eight times
 * faster, and would need every signal to be parked and sorted.)
 */
export class DrillRunner {
  private readonly wakes = new Map<string, Instant | undefined>();
  private readonly due = new Set<string>();
  private round = 0;
  private current: Instant;
  ticks = 0;

  constructor(
    private readonly client: Client,
    private readonly clock: { set(at: Instant): Promise<void> | void },
    start: Instant,
  ) {
    this.current = start;
  }

  now(): Instant {
    return this.current;
  }

  /** To be called for every workflow that the runner starts, signals or updates: it is due at this instant. */
  touch(workflowId: string): void {
    this.due.add(workflowId);
  }

  isOpen(workflowId: string): boolean {
    return this.wakes.has(workflowId) || this.due.has(workflowId);
  }

  /** The earliest instant at which an open workflow has something to do by itself. */
  nextWake(): Instant | undefined {
    return earliest(...this.wakes.values());
  }

  /** Sets the instant of an event that comes before whatever is due at the same instant. */
  async standAt(at: Instant): Promise<void> {
    if (at <= this.current) return;
    this.current = at;
    await this.clock.set(at);
  }

  /** Moves the drill's instant forward and lets everything happen that waits for it or for something before it. */
  async moveTo(at: Instant): Promise<void> {
    for (;;) {
      const wake = this.nextWake();
      const next = wake !== undefined && wake < at ? wake : at;
      await this.standAt(next);
      for (const [id, due] of this.wakes) if (due !== undefined && due <= this.current) this.due.add(id);
      await this.settle();
      if (this.current >= at) return;
    }
  }

  /** Ticks what is due at this instant, and what that touches, until nothing is left. */
  async settle(): Promise<void> {
    while (this.due.size > 0) {
      const [id] = [...this.due].sort();
      this.due.delete(id!);
      await this.tick(id!);
    }
  }

  private async tick(workflowId: string): Promise<void> {
    const report = await this.sendTick(workflowId);
    this.wakes.delete(workflowId);
    if (report === 'gone') return;
    if (report.end !== 'closed') this.wakes.set(workflowId, report.nextWake);
    if (report.end === 'continued') this.due.add(workflowId);
    for (const id of report.touched) this.due.add(id);
  }

  private async sendTick(workflowId: string): Promise<TickReport | 'gone'> {
    this.ticks++;
    // One id a tick: a repeat after a lost answer gets the first answer, even from a run that has closed.
    const updateId = `${TICK}-${this.current}-${++this.round}`;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.client.workflow
          .getHandle(workflowId)
          .executeUpdate<TickReport, [{ at: Instant }]>(TICK, { args: [{ at: this.current }], updateId });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        if (error instanceof WorkflowUpdateFailedError || attempt === 30) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}

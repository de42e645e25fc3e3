import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  ContinueAsNew,
  defineUpdate,
  setHandler,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import type { Instant } from '../domain/instant.js';
import { earliest } from '../domain/instant.js';
import { installClock, type Clock } from '../workflows/shared/clock.js';
import { DRILL_HEADER, TICK, type Tick, type TickReport } from './protocol.js';

const drillTick = defineUpdate<TickReport, [Tick]>(TICK);

interface Wait {
  readonly at: Instant | undefined;
  readonly until: () => boolean;
}

/** Raw `condition` is what the whole drill stands on: no timers, and no interruption by a cancel request. */
const until = (predicate: () => boolean) => CancellationScope.nonCancellable(() => condition(predicate));

/**
 * A virtual clock that stands still until the runner ticks it. A tick answers only when the workflow has nothing left
 * to do at that instant: no call under way and no wait that is over.
 */
class DrillClock implements Clock {
  constructor(private readonly activating: () => boolean) {}

  at: Instant | undefined;
  readonly waits = new Set<Wait>();
  /** Calls under way, in the order in which they were made. */
  readonly calls: { settled: boolean }[] = [];
  readonly touched = new Set<string>();
  ticking = 0;
  started = false;
  end: TickReport['end'];

  now(): Instant {
    return this.at!;
  }

  async wait(at: Instant | undefined, over: () => boolean): Promise<void> {
    const wait: Wait = { at, until: over };
    this.waits.add(wait);
    try {
      // Nothing moves outside a tick: what a signal woke waits for its turn, as its sender does.
      await condition(() => this.ticking > 0 && this.isOver(wait));
    } finally {
      this.waits.delete(wait);
    }
  }

  private isOver(wait: Wait): boolean {
    return wait.until() || (wait.at !== undefined && wait.at <= this.at!);
  }

  /**
   * `condition` evaluates eagerly in the middle of an activation, before microtasks have drained; what looks quiescent
   * then need not be. Hence `activating`.
   */
  quiescent(): boolean {
    return (
      !this.activating() &&
      this.started &&
      this.calls.length === 0 &&
      ![...this.waits].some((wait) => this.isOver(wait))
    );
  }

  /** The clock of a run that was touched rarely lags; whatever reaches it brings the instant along. Never backwards. */
  moveTo(at: Instant | undefined): void {
    if (at !== undefined && (this.at === undefined || at > this.at)) this.at = at;
  }

  async tick({ at }: Tick): Promise<TickReport> {
    this.ticking++;
    try {
      this.moveTo(at);
      await until(() => this.quiescent());
      const touched = [...this.touched].sort();
      this.touched.clear();
      const nextWake = earliest(...[...this.waits].map((wait) => wait.at));
      return { ...(nextWake && { nextWake }), touched, ...(this.end && { end: this.end }) };
    } finally {
      this.ticking--;
    }
  }

  /**
   * Results of calls are released in the order in which the calls were made, once all have settled: which of ten
   * parallel answers came first must not show in the story.
   */
  async call<T>(make: () => Promise<T>): Promise<T> {
    const call = { settled: false };
    this.calls.push(call);
    const outcome = await make().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    call.settled = true;
    await until(() => this.calls[0] === call && this.calls.every(({ settled }) => settled));
    this.calls.shift();
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** A run ends inside a tick, after the tick's answer is made, so that both leave in one workflow task. */
  async endWith(end: TickReport['end']): Promise<void> {
    this.end = end;
    if (this.ticking === 0) await until(() => this.ticking > 0);
    await until(() => this.ticking === 0);
  }
}

function instantOf(headers: Headers): Instant | undefined {
  const payload = headers[DRILL_HEADER];
  return payload && defaultPayloadConverter.fromPayload<Instant>(payload);
}

export const interceptors = (): WorkflowInterceptors => {
  let clock: DrillClock | undefined;
  let activating = false;
  const stamp = (headers: Headers): Headers =>
    clock ? { ...headers, [DRILL_HEADER]: defaultPayloadConverter.toPayload(clock.now()) } : headers;

  return {
    internals: [
      {
        activate(input, next) {
          activating = true;
          try {
            next(input);
          } finally {
            activating = false;
          }
        },
      },
    ],
    inbound: [
      {
        async execute(input, next) {
          const at = instantOf(input.headers);
          if (at === undefined) return next(input);
          const drill = (clock = new DrillClock(() => activating));
          drill.moveTo(at);
          installClock(drill);
          setHandler(drillTick, (tick) => drill.tick(tick));
          await until(() => drill.ticking > 0);
          drill.started = true;
          try {
            const result = await next(input);
            await drill.endWith('closed');
            return result;
          } catch (error) {
            await drill.endWith(error instanceof ContinueAsNew ? 'continued' : 'closed');
            throw error;
          }
        },
        async handleUpdate(input, next) {
          clock?.moveTo(instantOf(input.headers));
          return next(input);
        },
        async handleSignal(input, next) {
          clock?.moveTo(instantOf(input.headers));
          return next(input);
        },
      },
    ],
    outbound: [
      {
        async scheduleActivity(input, next) {
          return clock ? clock.call(() => next(input)) : next(input);
        },
        async scheduleLocalActivity(input, next) {
          return clock ? clock.call(() => next(input)) : next(input);
        },
        async startChildWorkflowExecution(input, next) {
          if (!clock) return next(input);
          clock.touched.add(input.options.workflowId);
          const started = await clock.call(async () => {
            const promises = await next({ ...input, headers: stamp(input.headers) });
            // Waits for the start, good or bad; whose business the outcome is, awaits the promise itself.
            await Promise.allSettled([promises[0]]);
            return { promises };
          });
          return started.promises;
        },
        async signalWorkflow(input, next) {
          if (!clock) return next(input);
          clock.touched.add(
            input.target.type === 'external'
              ? input.target.workflowExecution.workflowId!
              : input.target.childWorkflowId,
          );
          return clock.call(() => next({ ...input, headers: stamp(input.headers) }));
        },
        async continueAsNew(input, next) {
          return next({ ...input, headers: stamp(input.headers) });
        },
      },
    ],
  };
};

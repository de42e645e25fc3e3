import { existsSync } from 'node:fs';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { CONTROL_SLOTS, type Queue } from '../config.js';
import { Refusal } from '../domain/refusal.js';

/** Activities that run at the shutdown get this long before they are cancelled. Longer than the 20 s an activity may take. */
export const SHUTDOWN_GRACE_TIME = '30s';
/** After this long the process stops waiting for activities that do not heed the cancellation. */
export const SHUTDOWN_FORCE_TIME = '60s';

/**
 * Waiting workflows kept in memory, in one process. Evicted ones are replayed when something happens to them.
 * Overridden by `HIKESHI_MAX_CACHED`.
 */
export const DEFAULT_MAX_CACHED = 1_000;

/** Slots by queue. */
const SLOTS: Record<Queue, Partial<WorkerOptions>> = {
  process: {
    maxConcurrentWorkflowTaskExecutions: 40,
    maxConcurrentLocalActivityExecutions: 50,
    maxConcurrentActivityTaskExecutions: 50,
  },
  control: { maxConcurrentActivityTaskExecutions: CONTROL_SLOTS },
  payout: { maxConcurrentActivityTaskExecutions: 5 },
  bulk: { maxConcurrentActivityTaskExecutions: 10 },
};

export interface CreateWorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queues: readonly Queue[];
  /** The workflow bundle, a file made by `bundle.ts`. Only the queue `process` runs workflows. */
  readonly bundlePath: string;
  /** All activities, as `createActivities` makes them; every queue offers all. */
  readonly activities: object;
  readonly dataConverter: DataConverter;
  /** For drills and tests. */
  readonly overrides?: Partial<WorkerOptions>;
}

/**
 * One worker for each queue; a queue's name is its task queue's. Nothing polls until `run()` is called.
 * @throws Refusal when the workflow bundle is missing.
 */
export async function createWorkers(options: CreateWorkersOptions): Promise<Map<Queue, Worker>> {
  if (options.queues.includes('process') && !existsSync(options.bundlePath)) {
    throw new Refusal({
      en: `The workflow bundle ${options.bundlePath} does not exist. Build it with: npm run build`,
      ja: `ワークフローのバンドル ${options.bundlePath} がありません。npm run build で作ってください。`,
    });
  }
  const workers = new Map<Queue, Worker>();
  for (const queue of options.queues) {
    const worker = await Worker.create({
      connection: options.connection,
      namespace: options.namespace,
      taskQueue: queue,
      activities: options.activities,
      dataConverter: options.dataConverter,
      shutdownGraceTime: SHUTDOWN_GRACE_TIME,
      shutdownForceTime: SHUTDOWN_FORCE_TIME,
      ...SLOTS[queue],
      ...(queue === 'process' && {
        workflowBundle: { codePath: options.bundlePath },
        maxCachedWorkflows: Number(process.env['HIKESHI_MAX_CACHED'] ?? DEFAULT_MAX_CACHED),
      }),
      ...options.overrides,
    });
    workers.set(queue, worker);
  }
  return workers;
}

import proto from '@temporalio/proto';
import { z } from 'zod';
import { serviceControl, environmentSecrets, explain } from '../connectors/serviceControl/index.js';
import { QUEUES } from '../config.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { functionsOf, outsideOf } from '../domain/serviceMap.js';
import type { AllDocuments } from '../store/documents.js';
import { workerIdentity, type WorkerIdentity } from '../worker/health.js';
import { PATIENCE_MS, within, type Context } from './context.js';
import { recall } from './neighbours.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** One part of the stack, looked at just now. */
export interface PartState {
  readonly part: 'temporal' | 'worker' | 'register' | 'channelSystem';
  readonly name: Sentence;
  readonly state: 'up' | 'down' | 'unknown' | 'by-hand';
  /** What is wrong and the way out. */
  readonly problem?: Sentence;
}

export const PART_NAMES = {
  temporal: { en: 'Temporal', ja: 'Temporal' },
  worker: { en: 'worker', ja: 'ワーカー' },
  register: { en: 'register', ja: '台帳' },
  channelSystem: { en: 'channel system', ja: '業務システム' },
} as const;

/** What an answer that never came, or was refused, says about a part. */
export async function look(part: 'temporal' | 'register', answer: Promise<unknown>): Promise<PartState> {
  const name = PART_NAMES[part];
  try {
    await answer;
    return { part, name, state: 'up' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { part, name, state: 'down', problem: error.sentence };
  }
}

/** A long poll lasts a minute: who was seen within this many milliseconds still polls, or ended just now. */
const POLLER_SEEN_MS = 75_000;

/** Are the queues of stops served: by the health pages of our stack's workers, else by who polls on Temporal. */
export async function lookAtWorker(context: Context): Promise<PartState> {
  const part = { part: 'worker', name: PART_NAMES.worker } as const;
  const { workerHealthUrls } = recall(context.config.stateDir);
  const ours = workerIdentity(context.config.namespace, context.env);
  const pages = await Promise.all(workerHealthUrls.map((url) => lookAtHealth(url, ours)));
  const running = new Set(pages.flatMap((page) => page.running));
  const needed = QUEUES.filter((queue) => queue === 'process' || queue === 'control');
  const silent = needed.filter((queue) => !running.has(queue));
  const foreign = pages.flatMap((page) => (page.foreign === undefined ? [] : [page.foreign]));
  const stranger = foreign.length > 0 ? { problem: notOurs(foreign, silent) } : {};
  if (silent.length === 0) return { ...part, state: 'up', ...stranger };
  // Whoever took its port tells nothing about the worker, which may have moved on to another one.
  if (foreign.length > 0) return { ...part, state: 'unknown', ...stranger };
  // Pollers are remembered for minutes: where a health page should answer and does not, it counts more.
  if (workerHealthUrls.length > 0) return { ...part, state: 'down', problem: noWorker(silent) };
  try {
    const polled = await within(Promise.all(needed.map((queue) => isPolled(context, queue))), 2 * PATIENCE_MS);
    const missing = needed.filter((_queue, index) => !polled[index]);
    return missing.length === 0 ? { ...part, state: 'up' } : { ...part, state: 'down', problem: noWorker(missing) };
  } catch {
    return { ...part, state: 'unknown', problem: workerUnknown };
  }
}

interface HealthSeen {
  /** Queues whose worker runs; none when nobody answers, or somebody else. */
  readonly running: readonly string[];
  /** The address, when another program than a worker of this stack answers there. */
  readonly foreign?: string;
}

/** Asks a health page that was noted at the start; who answers must say that it is a worker of this very stack. */
async function lookAtHealth(url: string, ours: WorkerIdentity): Promise<HealthSeen> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'manual' });
    text = await answer.text();
  } catch (error) {
    // Something listens, and speaks another language than HTTP.
    const { cause } = error as Error;
    return { running: [], ...(cause instanceof Error && cause.name === 'HTTPParserError' && { foreign: url }) };
  }
  const page = Health.safeParse(jsonOf(text)).data;
  if (page?.service !== ours.service || page.namespace !== ours.namespace || page.stack !== ours.stack)
    return { running: [], foreign: url };
  const running = Object.entries(page.workers).filter(([, state]) => state === 'RUNNING');
  return { running: running.map(([queue]) => queue) };
}

const Health = z.object({
  service: z.string(),
  namespace: z.string(),
  stack: z.string().optional(),
  workers: z.record(z.string(), z.string()),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isPolled(context: Context, queue: string): Promise<boolean> {
  const { connection } = await context.temporal();
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: context.config.namespace,
    taskQueue: { name: queue },
    taskQueueType:
      queue === 'process' ? TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW : TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLER_SEEN_MS,
  );
}

/** Reads one function through each connector of the playbook. */
export async function lookAtChannels(context: Context, documents: AllDocuments): Promise<PartState[]> {
  const functions = functionsOf(documents.services);
  const secrets = environmentSecrets(context.env);
  const used = documents.connectors.connectors.filter(({ id }) => functions.some((fn) => fn.connector === id));
  return Promise.all(
    used.map(async (connector): Promise<PartState> => {
      const only = used.length === 1;
      const general = PART_NAMES.channelSystem;
      const name = only ? general : { en: `${general.en} ${connector.id}`, ja: `${general.ja} ${connector.id}` };
      const head = { part: 'channelSystem', name } as const;
      const fn = functions.find(
        (candidate) => candidate.connector === connector.id && !['card', 'account'].includes(candidate.kind),
      );
      if (connector.kind === 'by-hand') return { ...head, state: 'by-hand' };
      if (!fn) return { ...head, state: 'unknown' };
      const control = serviceControl(connector, secrets, context.env);
      const answer = await control.read(outsideOf(fn, fn.id), AbortSignal.timeout(PATIENCE_MS));
      if (answer.kind === 'state' || answer.kind === 'retry-later') return { ...head, state: 'up' };
      if (answer.kind === 'by-hand') return { ...head, state: 'by-hand' };
      const late = answer.detail === 'ABORTED' ? `TIMEOUT ${PATIENCE_MS / 1000}s` : answer.detail;
      // What is missing here, or an answer that is not understood, says nothing about the system itself.
      const unreachable = /^(TIMEOUT .*|E[A-Z]+|UND_ERR_[A-Z_]+|NETWORK|HTTP 5..)$/.test(late);
      return { ...head, state: unreachable ? 'down' : 'unknown', problem: explain(late) };
    }),
  );
}

const noWorker = (queues: readonly string[]): Sentence => ({
  en: `No worker serves ${queues.join(' and ')}: nothing is stopped or read back. Start it with "npm start" or "hikeshi worker".`,
  ja: `${queues.join('・')} のワーカーが動いていません（停止も確認も行われません）。npm start か hikeshi worker で起動してください。`,
});

function notOurs(urls: readonly string[], queues: readonly string[]): Sentence {
  const [at, served] = [urls.join(', '), queues.join(' and ')];
  const [en, ja] =
    queues.length === 0
      ? ['', '']
      : [
          ` So it is not known whether a worker serves ${served}.`,
          `そのため、${queues.join('・')} のワーカーが動いているか分かりません。`,
        ];
  return {
    en: `Another program answers at ${at}, where a worker of this stack was noted.${en} End that program, then stop and start the stack with "npm start".`,
    ja: `このスタックのワーカーの宛先 ${at} で、別のプログラムが応答しています。${ja}そのプログラムを終了し、npm start で起動し直してください。`,
  };
}

const workerUnknown: Sentence = {
  en: 'Without Temporal it is not known whether a worker runs.',
  ja: 'Temporal が停止中のため、ワーカーの状態は分かりません。',
};

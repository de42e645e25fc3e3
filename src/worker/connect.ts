import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';
import { bilingual, type Sentence } from '../domain/sentence.js';

const RETRY_AFTER_MS = 1_000;
/** A reminder in the log, not a line a second. */
const REPEAT_SENTENCE_AFTER_MS = 30_000;
/** The status code of gRPC for "not found". */
const GRPC_NOT_FOUND = 5;

/**
 * Connects to Temporal and waits until the namespace is there, as long as it takes.
 * @returns undefined when `stop` was aborted before that.
 */
export async function connectToTemporal(
  address: string,
  namespace: string,
  log: PinoLogger,
  stop: AbortSignal,
): Promise<NativeConnection | undefined> {
  let connection: NativeConnection | undefined;
  let told: { text: string; at: number } | undefined;
  while (!stop.aborted) {
    let obstacle: Sentence;
    try {
      connection ??= await NativeConnection.connect({ address });
      await connection.workflowService.describeNamespace({ namespace });
      return connection;
    } catch (error) {
      obstacle = connection && isNotFound(error) ? noNamespace(address, namespace) : noTemporal(address);
    }
    const text = bilingual(obstacle);
    if (told?.text !== text || Date.now() - told.at > REPEAT_SENTENCE_AFTER_MS) {
      log.warn(text);
      told = { text, at: Date.now() };
    }
    await sleep(RETRY_AFTER_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  await connection?.close();
  return undefined;
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === GRPC_NOT_FOUND;
}

function noTemporal(address: string): Sentence {
  return {
    en: `Temporal does not answer at ${address}; the worker keeps trying. Start it (npm start), or set TEMPORAL_ADDRESS.`,
    ja: `Temporal（${address}）から応答がありません。ワーカーは接続を試し続けます。Temporal を起動する（npm start）か、TEMPORAL_ADDRESS を設定してください。`,
  };
}

function noNamespace(address: string, namespace: string): Sentence {
  return {
    en: `Temporal at ${address} has no namespace "${namespace}"; the worker keeps trying. Create it (npm start does), or set TEMPORAL_NAMESPACE.`,
    ja: `Temporal（${address}）にネームスペース「${namespace}」がありません。ワーカーは接続を試し続けます。ネームスペースを作る（npm start で作られます）か、TEMPORAL_NAMESPACE を設定してください。`,
  };
}

import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { FailureType } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';

/** Codes of gRPC that mean: nobody took it, or nobody knows. */
const NO_ANSWER = new Set([1, 4, 14]);

/** The sentence of whatever a command ended with; `undefined` for a defect of ours. */
export function sentenceOf(error: unknown): Sentence | undefined {
  const { sentence } = (error ?? {}) as { sentence?: Sentence };
  if (sentence) return sentence;
  const failure = error instanceof WorkflowUpdateFailedError ? error.cause : error;
  if (failure instanceof ApplicationFailure && failure.type === FailureType.Refused) return halves(failure.message);
  if (error instanceof WorkflowNotFoundError) return notRunning(error.workflowId);
  if (error instanceof WorkflowExecutionAlreadyStartedError) return alreadyRuns(error.workflowId);
  if (
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    NO_ANSWER.has((error as { code?: number }).code ?? -1)
  )
    return nobodyAnswered;
  if (error instanceof WorkflowUpdateFailedError) return updateFailed(error.cause?.message ?? error.message);
  return undefined;
}

/** A refusal travels as one text, English first: `A. ／ B。`. */
function halves(message: string): Sentence {
  const parts = message.split(' ／ ');
  if (parts.length % 2 !== 0) return { en: message, ja: message };
  const middle = parts.length / 2;
  return { en: parts.slice(0, middle).join(' ／ '), ja: parts.slice(middle).join(' ／ ') };
}

const notRunning = (id: string): Sentence => ({
  en: `No workflow ${id} runs. Check the id with "hikeshi suspend status" or "hikeshi tasks"; if it is listed there, run "hikeshi reconcile".`,
  ja: `ワークフロー ${id} は動いていません。hikeshi suspend status か hikeshi tasks でIDを確認してください。そこに表示されるなら hikeshi reconcile を実行してください。`,
});

const alreadyRuns = (id: string): Sentence => ({
  en: `${id} was started before. Look at it with "hikeshi suspend status ${id}", or choose another name.`,
  ja: `${id} は既に開始されています。hikeshi suspend status ${id} で確認するか、別の名前にしてください。`,
});

const nobodyAnswered: Sentence = {
  en: 'No worker answered in time, so it is not known whether this was taken. Look at "hikeshi status", then send the same again: twice is harmless.',
  ja: 'ワーカーから時間内に応答がなく、受け付けられたか分かりません。hikeshi status を確認してから、同じものをもう一度送ってください（重複しても問題ありません）。',
};

const updateFailed = (message: string): Sentence => ({
  en: `The workflow could not take it (${message}). Look at it in the Temporal Web UI.`,
  ja: `ワークフローが受け付けられませんでした（${message}）。Temporal Web UI で確認してください。`,
});

import type { JobName } from '../domain/ids.js';
import { Refusal } from '../domain/refusal.js';
import type { App, OutputOptions, Result } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { follow, notTakenUpYet } from './suspendStart.js';

/** Starts a job that was worked out before, and waits until the register has its first word. */
export async function startJob(
  app: App,
  context: Context,
  flags: OutputOptions,
  { job, workflowId, input, summary }: { job: JobName; workflowId: string; input: object; summary: string },
  shown: () => Promise<Result>,
): Promise<Result> {
  const client = await context.temporal();
  await client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.start(job, {
      workflowId,
      taskQueue: 'process',
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: summary,
    }),
  );
  app.progress(flags, { en: `${workflowId} is started.`, ja: `${workflowId} を開始しました。` });
  return (await follow(context, workflowId, false)) ? shown() : notTakenUpYet(workflowId);
}

/** The round of the command line is the one of the input. @throws Refusal */
export function requireSameRound(round: string, input: { readonly round: string }): void {
  if (input.round === round) return;
  throw new Refusal({
    en: 'The round named on the command line is not the one in --input. Name the same one.',
    ja: '指定した点検と --input の点検が異なります。同じ点検を指定してください。',
  });
}

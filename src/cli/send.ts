import type { Workflow } from '@temporalio/common';
import type { z } from 'zod';
import type { JobName } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import type { Json } from '../domain/json.js';
import { ROLES, type Role } from '../domain/roster.js';
import { UPDATE_MS, type Context } from './context.js';
import { readInput, requireFlags } from './input.js';
import type { Page } from './output.js';

/** Sends an update and waits for its answer. @throws the refusal of the workflow */
export async function sendUpdate<T>(context: Context, workflowId: string, update: string, input: object): Promise<T> {
  const client = await context.temporal();
  return client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.getHandle(workflowId).executeUpdate<T, [object]>(update, { args: [input] }),
  );
}

/** Like `sendUpdate`, to a job that is over: it is started for that, with what the register holds. */
export async function sendToClosed<T>(
  context: Context,
  { job, workflowId, summary }: { job: JobName; workflowId: string; summary: string },
  update: string,
  input: object,
): Promise<T> {
  const client = await context.temporal();
  // What only reads the register shares this file, and never asks Temporal.
  const { WithStartWorkflowOperation } = await import('@temporalio/client');
  const startWorkflowOperation = new WithStartWorkflowOperation(job, {
    workflowId,
    taskQueue: 'process',
    args: [{ v: 1, resume: true }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: summary,
  });
  return client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.executeUpdateWithStart<Workflow, T, [object]>(update, { args: [input], startWorkflowOperation }),
  );
}

/** The one JSON object of a command: `--input` as it is, or made of the flags, each of which must be there. */
export async function jsonOf<T>(
  schema: z.ZodType<T>,
  { input, ...flags }: { readonly input?: string | undefined } & Readonly<Record<string, unknown>>,
  { example, usage, optional = {} }: { example: Json; usage: string; optional?: Readonly<Record<string, unknown>> },
): Promise<T> {
  if (input !== undefined) return parseInput(schema, await readInput(input), example);
  requireFlags(flags, usage);
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return parseInput(schema, { v: 1, ...flags, ...given }, example);
}

export function dryRunHeading(page: Page): void {
  page.heading(page.t({ en: 'DRY RUN: nothing is done', ja: '確認のみ（何も実施しません）' }), 'yellow');
}

/** Who may decide what a dry run shows: the roles of each seat, and who holds them now. */
export function showSeats(
  page: Page,
  seats: readonly { readonly roles: readonly Role[]; readonly people: readonly string[] }[],
): void {
  for (const { roles, people } of seats)
    page.text(
      `${roles.map((role) => page.t(ROLES[role])).join(' / ')}: ${people.join(', ') || page.t({ en: 'nobody now', ja: '現在該当者なし' })}`,
      2,
    );
}

import type { Client } from '@temporalio/client';
import type { Instant } from '../domain/instant.js';
import { compareRows, type Comparison } from '../domain/reconcile.js';
import { currentDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { lookAround } from './guardSweep.js';
import { lookAtRuns } from './runs.js';

/** A run that just moved on shows its new stage a moment after the register: differences are looked at twice. */
const SECOND_LOOK_MS = 2_000;

/** Compares open rows, runs and read-backs. Writes, sends and starts nothing. */
export async function findDifferences(
  deps: ActivityDeps,
  client: Client,
  at: Instant,
  only?: string,
): Promise<Comparison> {
  const first = await compareOnce(deps, client, at);
  const unsure = first.differences.some(({ kind }) => kind === 'stage-differs' || kind === 'run-without-row');
  if (unsure) await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  const found = unsure ? await compareOnce(deps, client, at) : first;
  if (only === undefined) return found;
  return { ...found, differences: found.differences.filter(({ workflowId }) => workflowId === only) };
}

async function compareOnce(deps: ActivityDeps, client: Client, at: Instant): Promise<Comparison> {
  const runs = await lookAtRuns(deps, client);
  const { client: _unused, ...withoutRuns } = deps;
  // The sweep's own comparison with runs is left to this one, which tells more.
  const swept = await lookAround(withoutRuns, await currentDocuments(deps.store.db), { at });
  return compareRows({
    ...runs,
    drifts: swept.drifts,
    unheld: swept.unheld,
    unread: swept.unread,
    holdsWithoutJob: swept.orphans,
  });
}

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, log, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import type { FrameworkVersion } from '../domain/gapReview.js';
import { sweepFindings } from '../domain/guardSweep.js';
import { gapReviewId } from '../domain/ids.js';
import { now } from './shared/clock.js';
import { control, register, sweeping } from './shared/activities.js';
import { driftFound } from './suspension.js';

export interface SweepOutcome {
  readonly read: number;
  readonly unread: number;
  readonly drifts: number;
  readonly orphans: number;
}

/** Reads back everything that is held, and brings to light what nobody looks after. Started by a schedule. */
export async function guardSweep(_input?: unknown): Promise<SweepOutcome> {
  const { workflowId } = workflowInfo();
  const found = await sweeping.sweep({ at: now() });

  for (const { suspension, target, readBack } of found.drifts) {
    try {
      await getExternalWorkflowHandle(suspension).signal(driftFound, { v: 1, target, readBack, at: now() });
    } catch {
      // Nobody runs to take it in: the orphan search of this or the next sweep names it.
      log.warn('drift has no running suspension', { suspension, target });
    }
  }
  const transitions = sweepFindings(workflowId, found, now());
  if (transitions.length > 0) {
    const last = transitions.at(-1)!.sequence;
    const outcome = { read: found.read, unread: found.unread.length };
    await register.record({
      workflowId,
      job: 'guardSweep',
      incident: '-',
      stage: 'SWEPT',
      closed: true,
      needsHuman: false,
      state: outcome,
      sequence: last,
      transitions,
    });
  }
  for (const id of new Set([...found.uncalled, ...(transitions.length > 0 ? [workflowId] : [])]))
    await control.callPeople({ workflowId: id, at: now() });
  for (const version of found.gaps ?? []) await reviewGaps(version);
  return { read: found.read, unread: found.unread.length, drifts: found.drifts.length, orphans: found.orphans.length };
}

/** Somebody owes a look at the gap list of a version: a job of its own, which outlives the sweep. One that runs is the same one. */
async function reviewGaps({ framework, version }: FrameworkVersion): Promise<void> {
  try {
    await startChild('gapReview', {
      workflowId: gapReviewId({ framework, version }),
      args: [{ v: 1, framework, version }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: framework,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

import { Context } from '@temporalio/activity';
import { record, type Recording } from '../store/record.js';
import { beating } from './beating.js';
import { callPeople, type CallInput } from './call.js';
import { exposure, openContainment, type OpenContainment } from './containment.js';
import { authorise } from './decision.js';
import type { ActivityDeps } from './deps.js';
import { sweep } from './guardSweep.js';
import { settle, type SettleInput } from './settle.js';
import { openSuspension, type OpenSuspension } from './suspension.js';
import type { Authority } from '../domain/roster.js';
import type { Instant } from '../domain/instant.js';

/**
 * All activities, bound to what they work with. Short reads and writes of the register run as local activities beside
 * the workflow; whatever reaches the outside world runs on the queue `control`.
 */
export function createActivities(deps: ActivityDeps) {
  return {
    record: (recording: Recording) => record(deps.store.db, recording, thisRun()),
    authorise: (question: Authority) => authorise(deps, question),
    openSuspension: (input: OpenSuspension) => openSuspension(deps, input, thisRun()),
    openContainment: (input: OpenContainment) => openContainment(deps, input, thisRun()),
    exposure: (input: { target: string }) => exposure(deps, input),
    settle: (input: SettleInput) => beating(() => settle(deps, input)),
    callPeople: (input: CallInput) => beating(() => callPeople(deps, input)),
    sweep: (input: { at: Instant }) => beating(() => sweep(deps, input)),
  };
}

/** The run that an activity works for. */
const thisRun = () => Context.current().info.workflowExecution?.runId;

export type Activities = ReturnType<typeof createActivities>;

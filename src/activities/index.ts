import { Context } from '@temporalio/activity';
import { record, type Recording } from '../store/record.js';
import { beating } from './beating.js';
import { callPeople, type CallInput } from './call.js';
import { exposure, openContainment, type OpenContainment } from './containment.js';
import { authorise } from './decision.js';
import type { ActivityDeps } from './deps.js';
import { examineFactCheck, examineOpinion, mayAssess, openEvaluation, roundRuns } from './evaluation.js';
import { openGapReview } from './gapReview.js';
import { sweep } from './guardSweep.js';
import { improvementDay, openImprovement, withoutIvr } from './improvement.js';
import { makeReport, openRound, predictEnd, unitResults } from './inspectionRound.js';
import {
  askableUnits,
  askDates,
  decisionDates,
  digestOf,
  openInspection,
  remediationDates,
  roundIsClosed,
  scopeUnit,
  storeEvaluation,
  takeAnswers,
} from './providerInspection.js';
import { mailProvider, type MailWanted } from './providerMail.js';
import { publishQuestionnaire, type QuestionnaireWanted } from './questionnaire.js';
import { settle, type SettleInput } from './settle.js';
import { openedAs, openSuspension, type OpenSuspension } from './suspension.js';
import type { Authority } from '../domain/roster.js';
import type { Instant } from '../domain/instant.js';

/**
 * All activities, bound to what they work with. Short reads and writes of the register run as local activities beside
 * the workflow; whatever reaches the outside world runs on the queue `control`.
 */
export function createActivities(deps: ActivityDeps) {
  return {
    record: (recording: Recording) => record(deps.store, recording, thisRun()),
    authorise: (question: Authority) => authorise(deps, question, thisWorkflow()),
    openSuspension: (input: OpenSuspension) => openSuspension(deps, input, thisRun()),
    openedAs: (input: Parameters<typeof openedAs>[1]) => openedAs(deps, input),
    openContainment: (input: OpenContainment) => openContainment(deps, input, thisRun()),
    exposure: (input: { target: string }) => exposure(deps, input),
    openRound: (input: Parameters<typeof openRound>[1]) => openRound(deps, input, thisRun()),
    predictEnd: (input: Parameters<typeof predictEnd>[1]) => predictEnd(deps, input),
    unitResults: (input: Parameters<typeof unitResults>[1]) => unitResults(deps, input),
    askableUnits: (input: Parameters<typeof askableUnits>[1]) => askableUnits(deps, input),
    roundIsClosed: (input: Parameters<typeof roundIsClosed>[1]) => roundIsClosed(deps, input),
    scopeUnit: (input: Parameters<typeof scopeUnit>[1]) => scopeUnit(deps, input),
    digestOf: (input: Parameters<typeof digestOf>[0]) => Promise.resolve(digestOf(input)),
    makeReport: (input: Parameters<typeof makeReport>[1]) => makeReport(deps, input),
    openInspection: (input: Parameters<typeof openInspection>[1]) => openInspection(deps, input, thisRun()),
    askDates: (input: Parameters<typeof askDates>[1]) => askDates(deps, input),
    decisionDates: (input: Parameters<typeof decisionDates>[1]) => decisionDates(deps, input),
    remediationDates: (input: Parameters<typeof remediationDates>[1]) => remediationDates(deps, input),
    takeAnswers: (input: Parameters<typeof takeAnswers>[1]) => takeAnswers(deps, input),
    storeEvaluation: (input: Parameters<typeof storeEvaluation>[1]) => storeEvaluation(deps, input),
    publishQuestionnaire: (input: QuestionnaireWanted) => publishQuestionnaire(deps, input),
    openEvaluation: (input: Parameters<typeof openEvaluation>[1]) => openEvaluation(deps, input, thisRun()),
    mayAssess: (input: Parameters<typeof mayAssess>[1]) => mayAssess(deps, input),
    roundRuns: (input: Parameters<typeof roundRuns>[1]) => roundRuns(deps, input),
    examineOpinion: (input: Parameters<typeof examineOpinion>[1]) => examineOpinion(deps, input),
    examineFactCheck: (input: Parameters<typeof examineFactCheck>[1]) => examineFactCheck(deps, input),
    openImprovement: (input: Parameters<typeof openImprovement>[1]) => openImprovement(deps, input, thisRun()),
    improvementDay: (input: Parameters<typeof improvementDay>[1]) => improvementDay(deps, input),
    withoutIvr: (input: Parameters<typeof withoutIvr>[1]) => withoutIvr(deps, input),
    openGapReview: (input: Parameters<typeof openGapReview>[1]) => openGapReview(deps, input, thisRun()),
    mailProvider: (input: MailWanted) => beating(() => mailProvider(deps, input)),
    settle: (input: SettleInput) => beating(() => settle(deps, input)),
    callPeople: (input: CallInput) => beating(() => callPeople(deps, input)),
    sweep: (input: { at: Instant }) => beating(() => sweep(deps, input)),
  };
}

/** The workflow that an activity works for. */
const thisWorkflow = () => Context.current().info.workflowExecution?.workflowId;

/** The run that an activity works for. */
const thisRun = () => Context.current().info.workflowExecution?.runId;

export type Activities = ReturnType<typeof createActivities>;

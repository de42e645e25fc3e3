import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Answers } from '../../../src/domain/answers.js';
import { evaluationId, gapReviewId, improvementId, inspectionId, roundId } from '../../../src/domain/ids.js';
import { instant, localDate } from '../../../src/domain/instant.js';
import { fails, isVisible, type InspectionState, type ItemVerdict } from '../../../src/domain/providerInspection.js';
import { zoneAt } from '../../../src/activities/zone.js';
import { currentDocuments, publishDocuments } from '../../../src/store/documents.js';
import { storeEvidence } from '../../../src/store/evidence.js';
import { eventually } from '../../support/liveOperator.js';
import { SAID } from '../golden.js';
import { said, type Paths, type Recorder } from '../recorder.js';

/** Each path has a round of its own. */
async function open(recorder: Recorder, round: string, units: string[]): Promise<string> {
  const workflowId = roundId(round);
  await recorder.operator.start('inspectionRound', workflowId, {
    v: 1,
    round,
    title: { ja: SAID, en: SAID },
    by: 'provider-manager-1',
    units,
    target: '30日以内',
    ...said,
  });
  await recorder.decide(workflowId, 'open', 'open', 'commander-1');
  return workflowId;
}

/** The provider answers all items, with a file for each, by the signal. */
async function answer(recorder: Recorder, unit: string, submission: string, claim: Answers['items'][number]['claim']) {
  const { db } = recorder.world.store;
  const { content } = await db
    .selectFrom('questionnaire')
    .select('content')
    .where('workflow_id', '=', unit)
    .executeTakeFirstOrThrow();
  const { items } = content as { items: { item: string }[] };
  const file = { name: 'policy.pdf', mediaType: 'application/pdf', content: Buffer.from(SAID) };
  const hash = await storeEvidence(db, unit, file, instant(Date.now()));
  const text = `${submission}: ${SAID}`;
  const answers: Answers = {
    v: 1,
    inspection: unit,
    by: SAID,
    submission,
    items: items.map(({ item }) => ({ item, claim, text, evidence: [hash] })),
  };
  await recorder.handle(unit).signal('answersGiven', answers);
  await recorder.operator.stage(unit, 'ANSWERED');
  return hash;
}

/** Two evaluators judge all that is asked, and the CISO says what becomes of the unit. */
async function judge(recorder: Recorder, unit: string, evidence: string, result: ItemVerdict, outcome: string) {
  const { items } = await recorder.handle(unit).query<InspectionState>('standing');
  const asked = Object.keys(items).filter((item) => isVisible(items[item]!));
  await recorder.update(unit, 'proposeEvaluation', {
    by: 'evaluator-1',
    results: asked.map((item) => ({ item, result, reviewed: [evidence], note: SAID })),
    ...said,
  });
  await recorder.decide(unit, 'evaluation', 'confirm', 'evaluator-2');
  await recorder.decide(unit, 'result', outcome, 'ciso-1');
}

const proposeReport = async (recorder: Recorder, round: string) =>
  (await recorder.update<{ digest: string }>(round, 'proposeReport', { by: 'provider-manager-1' })).digest;

export const INSPECTIONS: Paths = {
  'a round of three units, from its plan to its end': {
    files: [
      ...['inspectionRound-closed', 'providerInspection-satisfied', 'providerInspection-remediation'],
      'providerInspection-not-applicable',
    ],
    async play(recorder) {
      const [c1, o1, n1] = ['c1', 'o1', 'n1'].map((unit) => inspectionId('RG', unit)) as [string, string, string];
      const round = await open(recorder, 'RG', ['c1', 'o1', 'n1']);
      await recorder.decide(n1, 'notApplicable', 'confirm', 'compliance-1');

      await recorder.operator.stage(c1, 'REQUESTED');
      const seen = await answer(recorder, c1, 'c1-answers-1', 'implemented');
      await judge(recorder, c1, seen, 'SATISFIED', 'satisfied');

      await recorder.operator.stage(o1, 'REQUESTED');
      const before = await answer(recorder, o1, 'o1-answers-1', 'partly');
      await judge(recorder, o1, before, 'INSUFFICIENT', 'follow-up');
      await recorder.operator.told(o1, 'followUpRequested');
      const after = await answer(recorder, o1, 'o1-answers-2', 'not-implemented');
      await judge(recorder, o1, after, 'NOT_IMPLEMENTED', 'not-satisfied');
      await recorder.update(o1, 'commitRemediation', { by: 'provider-manager-1', due: '30日以内', ...said });

      await closeRound(recorder, round);
      await recorder.save('inspectionRound-closed', round, [
        ...['planned', 'opened', 'inspectionsStarted', 'unitMoved', 'reportProposed', 'reported', 'closed'],
      ]);
      await recorder.result(c1);
      await recorder.save('providerInspection-satisfied', c1, [
        ...['scoped', 'requested', 'answered', 'evaluationProposed', 'evaluated', 'satisfied', 'closed'],
      ]);
      await recorder.save('providerInspection-remediation', o1, [
        ...['requested', 'answered', 'evaluated', 'followUpDecided', 'followUpRequested', 'answered'],
        ...['evaluated', 'notSatisfied', 'remediationCommitted'],
      ]);
      await recorder.result(n1);
      await recorder.save('providerInspection-not-applicable', n1, ['scoped', 'notApplicable', 'closed']);
    },
  },
  'a unit that is asked again, of which its round is told the next day': {
    files: ['providerInspection-due-told'],
    async play(recorder) {
      const { inspection } = await judged(recorder, 'RD', 'c1', 'INSUFFICIENT', 'follow-up');
      await recorder.operator.told(inspection, 'followUpRequested');
      await recorder.save('providerInspection-due-told', inspection, [
        ...['scoped', 'requested', 'answered', 'evaluated', 'followUpDecided', 'followUpRequested'],
      ]);
    },
  },
  'results that were closed with their round and are reopened after it, by a start and by an update': {
    files: ['providerInspection-closed-reopened', 'providerInspection-closed-told'],
    async play(recorder) {
      const [c1, n1] = ['c1', 'n1'].map((unit) => inspectionId('RC', unit)) as [string, string];
      const round = await open(recorder, 'RC', ['c1', 'n1']);
      await recorder.decide(n1, 'notApplicable', 'confirm', 'compliance-1');
      await recorder.operator.stage(c1, 'REQUESTED');
      const seen = await answer(recorder, c1, 'c1-closed-answers', 'implemented');
      await judge(recorder, c1, seen, 'SATISFIED', 'satisfied');
      await closeRound(recorder, round);
      for (const unit of [c1, n1]) await recorder.result(unit);

      const reopen = { v: 1, by: 'compliance-1', ...said };
      await recorder.operator.start('providerInspection', c1, { v: 1, resume: true, reopen });
      await recorder.operator.stage(c1, 'UNDER_EVALUATION');
      await judge(recorder, c1, seen, 'INSUFFICIENT', 'not-satisfied');
      await recorder.save('providerInspection-closed-reopened', c1, [
        ...['closed', 'reopened', 'evaluationProposed', 'evaluated', 'notSatisfied'],
      ]);

      const startWorkflowOperation = new WithStartWorkflowOperation('providerInspection', {
        workflowId: n1,
        taskQueue: 'process',
        args: [{ v: 1, resume: true }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      await recorder.world.client.workflow.executeUpdateWithStart('reopen', { args: [reopen], startWorkflowOperation });
      // It goes on in another run, which names the first one.
      const { raw } = await recorder.handle(n1).describe();
      const told = raw.workflowExecutionInfo!.firstRunId!;
      await recorder.nextRun(n1, told);
      await recorder.save('providerInspection-closed-told', n1, ['scopedAgain'], told);
    },
  },
  'a third-party evaluation, from its proposal to its opinion': {
    files: ['evaluation-final'],
    async play(recorder) {
      const workflowId = evaluationId('RE');
      const round = await open(recorder, 'RE', ['n1']);
      await recorder.operator.stage(round, 'OPEN');
      await recorder.operator.start('evaluation', workflowId, {
        v: 1,
        round: 'RE',
        assessor: 'assessor-1',
        statement: SAID,
        due: '30日以内',
        by: 'commander-1',
        ...said,
      });
      await recorder.decide(workflowId, 'commission', 'commission', 'audit-1');
      await recorder.decide(workflowId, 'independence', 'confirm', 'compliance-1');
      await recorder.update(workflowId, 'reviewPlan', { by: 'assessor-1', ...said });
      await recorder.update(workflowId, 'startFieldwork', { by: 'assessor-1' });
      const opinion = {
        by: 'assessor-1',
        opinion: 'with-exceptions',
        exceptions: [{ unit: 'n1', reason: SAID, suspended: false }],
        recommendations: [{ ja: SAID, en: SAID }],
        digest: await proposeReport(recorder, round),
      };
      await recorder.update(workflowId, 'submitOpinion', { stage: 'draft', ...opinion });
      await recorder.update(workflowId, 'factCheck', { by: 'ciso-1', remarks: [{ unit: 'n1', text: SAID }] });
      await recorder.update(workflowId, 'submitOpinion', { stage: 'final', ...opinion });
      await recorder.result(workflowId);
      await recorder.save('evaluation-final', workflowId, [
        ...['proposed', 'commissioned', 'independenceChecked', 'opinionDrafted', 'factChecked', 'opinionFinal'],
      ]);
    },
  },
  'an improvement that gets another day and comes into force': {
    files: ['improvement-in-force'],
    async play(recorder) {
      const workflowId = improvementId('RI', 'letters');
      const by = 'provider-manager-1';
      await open(recorder, 'RI', ['n1']);
      await recorder.operator.start('improvement', workflowId, {
        v: 1,
        round: 'RI',
        units: ['n1'],
        subject: 'other',
        text: { ja: SAID, en: SAID },
        due: '20日以内',
        by,
        ...said,
      });
      await recorder.operator.told(workflowId, 'started');
      await recorder.update(workflowId, 'setDue', { by, due: '30日以内', ...said });
      // Nobody else gives it up: it goes on.
      await recorder.update(workflowId, 'moveStage', { by, stage: 'DROPPED', ...said });
      await recorder.decide(workflowId, 'drop', 'return', 'ciso-1');
      for (const stage of ['AGREED', 'IN_PREPARATION', 'IN_FORCE'])
        await recorder.update(workflowId, 'moveStage', { by, stage, ...said });
      await recorder.result(workflowId);
      await recorder.save('improvement-in-force', workflowId, [
        ...['started', 'dueChanged', 'dropProposed', 'dropReturned', 'stageMoved', 'stageMoved', 'stageMoved'],
      ]);
    },
  },
};

/** Reported and closed. */
async function closeRound(recorder: Recorder, round: string): Promise<void> {
  await recorder.operator.stage(round, 'EVALUATED');
  await proposeReport(recorder, round);
  await recorder.decide(round, 'report', 'publish', 'commander-1');
  await recorder.decide(round, 'close', 'close', 'commander-1');
  await recorder.result(round);
}

/** In a world of their own: a newer framework would be asked in the other paths too. */
export const GAP_REVIEWS: Paths = {
  'a newer framework whose gap list two persons look at': {
    files: ['guardSweep-gaps', 'gapReview-decided'],
    async play(recorder) {
      const { db } = recorder.world.store;
      const workflowId = gapReviewId({ framework: 'starter-2020', version: '2nd' });
      await open(recorder, 'RG', ['c1']);
      await recorder.operator.stage(inspectionId('RG', 'c1'), 'REQUESTED');
      const documents = await currentDocuments(db);
      const starter = documents.frameworks['starter-2020']!;
      const newer = { ...starter, version: '2nd', items: [...starter.items, { ...starter.items[0]!, id: 'later' }] };
      const frameworks = { ...documents.frameworks, [newer.id]: newer };
      await publishDocuments(db, { ...documents, frameworks }, instant(Date.now()));
      // A worker goes on for a quarter of a second with documents that were current a moment ago.
      await new Promise((resolve) => setTimeout(resolve, 400));
      await (await recorder.operator.start('guardSweep', 'guardSweep', { v: 1 })).result();
      await recorder.save('guardSweep-gaps', 'guardSweep', []);
      await recorder.decide(workflowId, 'gapList', 'askAgain', 'compliance-1');
      await recorder.decide(workflowId, 'gapList', 'askAgain', 'ciso-1');
      await recorder.result(workflowId);
      await recorder.save('gapReview-decided', workflowId, ['gapListOwed', 'voted', 'gapListDecided']);
    },
  },
};

/** Asked and answered in a round of its own, and judged. @returns the inspection and the evidence that was looked at */
async function judged(recorder: Recorder, round: string, unit: string, result: ItemVerdict, outcome: string) {
  const inspection = inspectionId(round, unit);
  await open(recorder, round, [unit]);
  await recorder.operator.stage(inspection, 'REQUESTED');
  const claim = result === 'SATISFIED' ? 'implemented' : 'not-implemented';
  const evidence = await answer(recorder, inspection, `${round}-answers-1`, claim);
  await judge(recorder, inspection, evidence, result, outcome);
  return { inspection, evidence };
}

/** In a world whose day ends soon. */
export const REOPENINGS: Paths = {
  'a result that the second line reopens, judged anew': {
    files: ['providerInspection-reopened'],
    async play(recorder) {
      const { inspection, evidence } = await judged(recorder, 'RO', 'c1', 'SATISFIED', 'satisfied');
      await recorder.update(inspection, 'reopen', { by: 'compliance-1', ...said });
      await judge(recorder, inspection, evidence, 'INSUFFICIENT', 'not-satisfied');
      await recorder.save('providerInspection-reopened', inspection, [
        ...['satisfied', 'reopened', 'evaluationProposed', 'evaluated', 'notSatisfied'],
      ]);
    },
  },
  'a unit with which nobody agrees, escalated to the lead': {
    files: ['providerInspection-escalated'],
    async play(recorder) {
      const { inspection } = await judged(recorder, 'RX', 'o1', 'DISPUTED', 'discuss');
      await recorder.decide(inspection, 'discussion', 'escalate', 'provider-manager-1');
      await recorder.decide(inspection, 'escalation', 'not-satisfied', 'commander-1');
      await recorder.save('providerInspection-escalated', inspection, [
        ...['answered', 'evaluated', 'discussionOpened', 'escalated', 'notSatisfied'],
      ]);
    },
  },
  'a risk that two persons accept until the end of the day': {
    files: ['providerInspection-risk-ended'],
    async play(recorder) {
      const { inspection } = await judged(recorder, 'RK', 'o1', 'NOT_IMPLEMENTED', 'not-satisfied');
      const { items } = await recorder.handle(inspection).query<InspectionState>('standing');
      const { playbook } = await currentDocuments(recorder.world.store.db);
      const now = instant(Date.now());
      await recorder.update(inspection, 'acceptRisk', {
        by: 'ciso-1',
        items: Object.keys(items).filter((item) => items[item]!.class === 'mandatory' && fails(items[item]!)),
        until: localDate(now, zoneAt(playbook.zone, now)),
        ...said,
      });
      await recorder.decide(inspection, 'acceptRisk', 'accept', 'board-1');
      await eventually('the accepted risk ends with its day', () => told(recorder, inspection), LONGEST_DAY_MS);
      await recorder.save('providerInspection-risk-ended', inspection, [
        ...['notSatisfied', 'riskAcceptanceProposed', 'riskAccepted', 'alarm.riskAcceptanceExpired'],
      ]);
    },
  },
};

/** What is left of a day that ends soon. */
const LONGEST_DAY_MS = 180_000;

const told = async ({ operator }: Recorder, inspection: string) =>
  (await operator.timeline(inspection)).includes('alarm.riskAcceptanceExpired');

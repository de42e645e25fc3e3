import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { AnswersSchema } from '../../src/domain/answers.js';
import { ContainmentInput, LossConfirmed } from '../../src/domain/containment.js';
import { DecisionSchema } from '../../src/domain/decision.js';
import { CloseDutyInput } from '../../src/domain/duty.js';
import {
  EvaluationInput,
  FactCheckInput,
  ReviewPlanInput,
  StartFieldworkInput,
  SubmitOpinionInput,
} from '../../src/domain/evaluation.js';
import { examples } from '../../src/domain/examples.js';
import { GapReviewInput } from '../../src/domain/gapReview.js';
import { ImprovementInput, MoveStageInput, SetDueInput } from '../../src/domain/improvement.js';
import { InspectionRoundInput, ProposeReportInput, UnitMoved } from '../../src/domain/inspectionRound.js';
import {
  AcceptRiskInput,
  AnswersGiven,
  CommitRemediationInput,
  MailBounced,
  ProposeEvaluationInput,
  ProviderInspectionInput,
  ReopenedInspectionInput,
  ReopenInput,
  ReplyReceived,
  RoundClosed,
} from '../../src/domain/providerInspection.js';
import { Resume } from '../../src/domain/resume.js';
import { previewSuspension } from '../../src/domain/plan.js';
import { DriftFound, ProposeLiftInput, SuspensionInput } from '../../src/domain/suspension.js';
import { EvidenceUpload } from '../../src/gateway/evidenceHook.js';
import { readPlaybook } from '../../src/store/documents.js';
import { MeasureReport } from '../../src/workflows/shared/measure.js';

const FOLDER = path.join(PROJECT_ROOT, 'examples');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));

/** The example of the domain that a file is to be equal to. */
const FILES = {
  ...Object.fromEntries(Object.keys(examples).map((key) => [key, `${key}.json`])),
  decide: 'decide-approve.json',
};

test.each(Object.entries(examples))('the ready JSON of %s is the one that refusals show', (key, example) => {
  expect(read(FILES[key as keyof typeof FILES])).toEqual(example);
});

/** What takes a ready JSON, by the first word of its file. */
const SCHEMAS = {
  suspension: SuspensionInput,
  containment: ContainmentInput,
  decide: DecisionSchema,
  proposeLift: ProposeLiftInput,
  closeDuty: CloseDutyInput,
  lossConfirmed: LossConfirmed,
  driftFound: DriftFound,
  resume: Resume,
  inspectionRound: InspectionRoundInput,
  providerInspection: ProviderInspectionInput,
  answersGiven: AnswersGiven,
  proposeEvaluation: ProposeEvaluationInput,
  commitRemediation: CommitRemediationInput,
  reopen: ReopenInput,
  reopenClosed: ReopenedInspectionInput,
  roundClosed: RoundClosed,
  unitMoved: UnitMoved,
  proposeReport: ProposeReportInput,
  answers: AnswersSchema,
  evidence: EvidenceUpload,
  evaluation: EvaluationInput,
  reviewPlan: ReviewPlanInput,
  startFieldwork: StartFieldworkInput,
  submitOpinion: SubmitOpinionInput,
  factCheck: FactCheckInput,
  improvement: ImprovementInput,
  moveStage: MoveStageInput,
  setDue: SetDueInput,
  gapReview: GapReviewInput,
  acceptRisk: AcceptRiskInput,
  mailBounced: MailBounced,
  replyReceived: ReplyReceived,
  measureOpened: MeasureReport,
};

/** Kinds whose receiver looks at nothing in them. */
const ANYTHING = new Set(['guardSweep', 'reconcile']);

test('every ready JSON is right', () => {
  for (const file of files) {
    const [kind] = file.split(/[-.]/);
    if (ANYTHING.has(kind!)) continue;
    const schema = (SCHEMAS as Record<string, { safeParse(input: unknown): { error?: Error } }>)[kind!];
    if (!schema) throw new Error(`${file} has no schema here: add the one that takes it`);
    expect([file, schema.safeParse(read(file)).error?.message]).toEqual([file, undefined]);
  }
});

test('every ready JSON stands in the README of the folder', () => {
  const readme = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
  expect(files.filter((file) => !readme.includes(`\`${file}\``))).toEqual([]);
});

test('the ready suspensions fit the example playbook', async () => {
  const documents = await readPlaybook(path.join(PROJECT_ROOT, 'playbooks', 'example'));
  for (const file of files.filter((name) => name.startsWith('suspension')))
    expect(previewSuspension(documents, SuspensionInput.parse(read(file))).targets).toHaveLength(1);
});

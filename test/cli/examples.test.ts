import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { ContainmentInput, LossConfirmed } from '../../src/domain/containment.js';
import { DecisionSchema } from '../../src/domain/decision.js';
import { CloseDutyInput } from '../../src/domain/duty.js';
import { examples } from '../../src/domain/examples.js';
import { InspectionRoundInput, ProposeReportInput, UnitMoved } from '../../src/domain/inspectionRound.js';
import {
  AnswersGiven,
  CommitRemediationInput,
  ProposeEvaluationInput,
  ProviderInspectionInput,
  ReopenedInspectionInput,
  ReopenInput,
  RoundClosed,
} from '../../src/domain/providerInspection.js';
import { Resume } from '../../src/domain/resume.js';
import { previewSuspension } from '../../src/domain/plan.js';
import { DriftFound, ProposeLiftInput, SuspensionInput } from '../../src/domain/suspension.js';
import { readPlaybook } from '../../src/store/documents.js';

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

test('every ready JSON is right', () => {
  for (const file of files) {
    const [kind] = file.split(/[-.]/);
    const schema = {
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
    }[kind!];
    if (schema) expect([file, schema.safeParse(read(file)).error?.message]).toEqual([file, undefined]);
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

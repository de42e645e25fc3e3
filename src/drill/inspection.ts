import path from 'node:path';
import { z } from 'zod';
import type { Question } from '../domain/decision.js';
import { evaluationId, improvementId, inspectionId } from '../domain/ids.js';
import { InstantSchema, MINUTE, plus, type Instant } from '../domain/instant.js';
import type { ItemVerdict, ProposeEvaluationInput } from '../domain/providerInspection.js';
import { unitOf } from '../domain/providers.js';
import { readOptionalDocument } from '../store/playbookFiles.js';
import type { DrillRunner } from './runner.js';
import type { World } from './world.js';

const Verdict = z.enum(['INSUFFICIENT', 'NOT_IMPLEMENTED', 'DISPUTED']);
const Step = z.union([
  z.strictObject({
    at: InstantSchema,
    answer: z.strictObject({
      /** What is claimed of the first `of` mandatory items; the others are implemented. */
      claim: z.string().optional(),
      of: z.number().int().positive().optional(),
      text: z.string().optional(),
      only: z.number().int().positive().optional(),
    }),
  }),
  z.strictObject({
    at: InstantSchema,
    /** Mandatory items with gaps, from the first; everything else that was answered is satisfied by its evidence. */
    evaluate: z.strictObject({
      gaps: z.array(z.strictObject({ result: Verdict, count: z.number().int().positive() })).default([]),
    }),
    by: z.string(),
  }),
  z.strictObject({ at: InstantSchema, decide: z.string(), verdict: z.string(), by: z.string() }),
  z.strictObject({ at: InstantSchema, commit: z.string(), by: z.string(), reason: z.string() }),
  /** The provider asks back: it answers the newest mail by mail, with this text. */
  z.strictObject({ at: InstantSchema, reply: z.string().min(1) }),
]);
type Step = z.output<typeof Step>;

const Loose = z.record(z.string(), z.unknown());
const Assessed = z.union([
  z.strictObject({ at: InstantSchema, start: Loose }),
  z.strictObject({ at: InstantSchema, decide: z.string(), verdict: z.string(), by: z.string() }),
  z.strictObject({ at: InstantSchema, update: z.string(), input: Loose }),
  /** The result as it stands is shown to the assessor. */
  z.strictObject({ at: InstantSchema, propose: z.string() }),
  z.strictObject({ at: InstantSchema, opinion: z.enum(['draft', 'final']) }),
]);
type Assessed = z.output<typeof Assessed>;
const Sentences = z.strictObject({ ja: z.string(), en: z.string() });

const InspectionScriptSchema = z.strictObject({
  version: z.string().min(1),
  start: z.strictObject({
    at: InstantSchema,
    layer: z.enum(['CORE', 'EXT', 'PROP']),
    source: z.string().min(1),
    workflow: z.string().startsWith('inspectionRound/'),
    input: z.record(z.string(), z.unknown()),
  }),
  open: z.strictObject({ at: InstantSchema, by: z.string(), reason: z.string() }),
  units: z.record(z.string(), z.string()),
  profiles: z.record(z.string(), z.array(Step)),
  evaluation: z.array(Assessed).default([]),
  opinion: z
    .strictObject({
      by: z.string(),
      exceptions: z.array(z.string()),
      reason: Sentences,
      recommendations: z.array(Sentences),
    })
    .optional(),
  improvements: z.array(z.strictObject({ name: z.string(), at: InstantSchema, input: Loose })).default([]),
  report: z.strictObject({ propose: InstantSchema, by: z.string(), publish: InstantSchema, publishedBy: z.string() }),
});
export type InspectionScript = z.output<typeof InspectionScriptSchema>;

/** The inspection of a playbook; undefined for one that plays none. */
export function readInspection(folder: string): Promise<InspectionScript | undefined> {
  return readOptionalDocument(InspectionScriptSchema, path.join(folder, 'inspection.yaml'));
}

interface Timed {
  readonly at: Instant;
  run(): Promise<void>;
}

/** Everything that people and providers do in the round, each at its instant. */
export function inspectionSteps(script: InspectionScript, world: World, runner: DrillRunner): Timed[] {
  const player = new InspectionPlayer(script, world, runner);
  const units = Object.entries(script.units).flatMap(([unit, profile], index) =>
    (script.profiles[profile] ?? []).map((step) => ({
      // Nobody does 35 things in one minute.
      at: plus(step.at, index * MINUTE),
      run: () => player.step(unit, step),
    })),
  );
  return [
    { at: script.start.at, run: () => player.start() },
    { at: script.open.at, run: () => player.open() },
    ...units,
    ...script.evaluation.map((step) => ({ at: step.at, run: () => player.assess(step) })),
    ...script.improvements.map(({ at, name, input }) => ({ at, run: () => player.improve(name, input) })),
    { at: script.report.propose, run: () => player.proposeReport() },
    { at: script.report.publish, run: () => player.publish() },
  ];
}

class InspectionPlayer {
  private readonly round: string;
  private count = 0;
  /** Digest of the result that was proposed last. */
  private shown = '';

  constructor(
    private readonly script: InspectionScript,
    private readonly world: World,
    private readonly runner: DrillRunner,
  ) {
    this.round = script.start.workflow.split('/')[1]!;
  }

  async start(): Promise<void> {
    const { workflow, input } = this.script.start;
    await this.begin('inspectionRound', workflow, input);
  }

  open(): Promise<void> {
    const { by, reason } = this.script.open;
    return this.decide(this.script.start.workflow, 'open', 'open', by, reason);
  }

  async step(unit: string, step: Step): Promise<void> {
    const workflow = inspectionId(this.round, unit);
    if ('answer' in step) return this.answer(unit, workflow, step.answer);
    if ('reply' in step) return this.reply(unit, workflow, step.reply);
    if ('evaluate' in step)
      return void (await this.update(workflow, 'proposeEvaluation', await this.evaluation(workflow, step)));
    if ('decide' in step)
      return this.decide(workflow, step.decide, step.verdict, step.by, 'as in the files of the round');
    await this.update(workflow, 'commitRemediation', { v: 1, by: step.by, due: step.commit, reason: step.reason });
  }

  /** The provider opens the link of its mail and answers on the page of the gateway. */
  private async answer(
    unit: string,
    workflow: string,
    wish: Extract<Step, { answer: unknown }>['answer'],
  ): Promise<void> {
    const { contact, name } = unitOf(this.world.documents.providers!, unit);
    const { claim, of = 0, text, only } = wish;
    const mandatory = await this.mandatory(workflow);
    await this.world.outside.providerAnswers({
      to: contact.mail,
      about: name[contact.lang],
      ...(claim !== undefined && { claims: Object.fromEntries(mandatory.slice(0, of).map((item) => [item, claim])) }),
      ...(text !== undefined && { text }),
      ...(only !== undefined && { only }),
    });
    this.runner.touch(workflow);
  }

  /** The provider answers the mail itself; the bank's mail server hands that in. */
  private async reply(unit: string, workflow: string, text: string): Promise<void> {
    const { contact, name } = unitOf(this.world.documents.providers!, unit);
    const { outside } = this.world;
    await this.world.mailArrives(await outside.providerReplies({ to: contact.mail, about: name[contact.lang], text }));
    this.runner.touch(workflow);
  }

  private async mandatory(workflow: string): Promise<string[]> {
    const rows = await this.world.store.db
      .selectFrom('item_result')
      .select('item')
      .where('workflow_id', '=', workflow)
      .where('class', '=', 'mandatory')
      .orderBy('phase')
      .orderBy('item')
      .execute();
    return rows.map(({ item }) => item);
  }

  /** The evaluator looks at every answer and its files. */
  private async evaluation(
    workflow: string,
    { evaluate, by }: Extract<Step, { evaluate: unknown }>,
  ): Promise<ProposeEvaluationInput> {
    const { db } = this.world.store;
    const answered = await db
      .selectFrom('item_result')
      .select('item')
      .where('workflow_id', '=', workflow)
      .where('result', '=', 'ANSWERED')
      .execute();
    const files = await db
      .selectFrom('draft')
      .distinctOn('item')
      .select(['item', 'value'])
      .where('workflow_id', '=', workflow)
      .where('submission', 'is not', null)
      .orderBy('item')
      .orderBy('version', 'desc')
      .execute();
    const evidence = new Map(files.map(({ item, value }) => [item, (value as { evidence: string[] }).evidence]));
    const gaps = evaluate.gaps.flatMap(({ result, count }) => Array.from({ length: count }, (): ItemVerdict => result));
    const found = new Map(
      (await this.mandatory(workflow)).slice(0, gaps.length).map((item, index) => [item, gaps[index]!]),
    );
    return {
      v: 1,
      by,
      reason: 'All answers and files looked at',
      results: answered
        .map(({ item }) => item)
        .sort()
        .map((item) => {
          const result = found.get(item) ?? 'SATISFIED';
          return {
            item,
            result,
            reviewed: evidence.get(item) ?? [],
            ...(result !== 'SATISFIED' && { note: '対策の内容と開始時期を示してください。' }),
          };
        }),
    };
  }

  /** What the third party does, and what is decided about it. */
  async assess(step: Assessed): Promise<void> {
    const workflow = evaluationId(this.round);
    if ('start' in step) return this.begin('evaluation', workflow, step.start);
    if ('decide' in step)
      return this.decide(workflow, step.decide, step.verdict, step.by, 'as in the files of the round');
    if ('update' in step) return void (await this.update(workflow, step.update, step.input));
    if ('propose' in step) return this.proposeReport(step.propose);
    const { by, exceptions, reason, recommendations } = this.script.opinion!;
    await this.update(workflow, 'submitOpinion', {
      v: 1,
      by,
      stage: step.opinion,
      opinion: 'with-exceptions',
      exceptions: exceptions.map((unit) => ({ unit, reason, suspended: true })),
      recommendations,
      digest: this.shown,
    });
  }

  improve(name: string, input: object): Promise<void> {
    return this.begin('improvement', improvementId(this.round, name), input);
  }

  async proposeReport(by = this.script.report.by): Promise<void> {
    const proposed = await this.update<{ digest: string }>(this.script.start.workflow, 'proposeReport', { v: 1, by });
    this.shown = proposed.digest;
  }

  publish(): Promise<void> {
    return this.decide(
      this.script.start.workflow,
      'report',
      'publish',
      this.script.report.publishedBy,
      'Published with the incomplete named',
    );
  }

  private async decide(workflow: string, subject: string, verdict: string, by: string, reason: string): Promise<void> {
    const questions = await this.world.client.workflow.getHandle(workflow).query<readonly Question[]>('questions');
    const digest = questions.find((question) => question.subject === subject)?.digest ?? 'none';
    await this.update(workflow, 'decide', { v: 1, subject, verdict, by, reason, digest });
  }

  private async begin(job: string, workflowId: string, input: object): Promise<void> {
    await this.world.client.workflow.start(job, { workflowId, taskQueue: 'process', args: [input] });
    this.runner.touch(workflowId);
  }

  private update<T = unknown>(workflow: string, name: string, input: object): Promise<T> {
    this.runner.touch(workflow);
    return this.world.client.workflow
      .getHandle(workflow)
      .executeUpdate<T, [object]>(name, { args: [input], updateId: `${name}-${this.runner.now()}-${++this.count}` });
  }
}

import { continueAsNew, defineQuery, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import * as machine from '../domain/evaluation.js';
import {
  EvaluationInput,
  FactCheckInput,
  ReviewPlanInput,
  StartFieldworkInput,
  SubmitOpinionInput,
  type EvaluationState,
  type OpinionReceipt,
} from '../domain/evaluation.js';
import { examples } from '../domain/examples.js';
import { parseWorkflowId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Resume } from '../domain/resume.js';
import { evaluationStanding, evaluationWords, opinionMessage } from '../domain/wording/evaluation.js';
import { register } from './shared/activities.js';
import { now, uninterrupted } from './shared/clock.js';
import { authorised, inTurn, takeDecisions } from './shared/decision.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { notAsInId, refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const reviewPlan = defineUpdate<{ phase: string }, [ReviewPlanInput]>('reviewPlan');
export const startFieldwork = defineUpdate<{ phase: string }, [StartFieldworkInput]>('startFieldwork');
export const submitOpinion = defineUpdate<OpinionReceipt, [SubmitOpinionInput]>('submitOpinion');
export const factCheck = defineUpdate<{ version: number }, [FactCheckInput]>('factCheck');
export const evaluationState = defineQuery<EvaluationState | undefined>('standing');

export interface EvaluationOutcome {
  readonly stage: string;
}

/** A third party looks at a round: commissioned, independent, plan, fieldwork, draft, fact check, final opinion. */
export async function evaluation(input?: unknown): Promise<EvaluationOutcome> {
  const evaluated = new Evaluation();
  return uninterrupted(
    async () => {
      await evaluated.open(input);

      while (evaluated.goesOn) {
        await evaluated.somethingHappened(); // a decision, a word of the assessor, an answer of the bank, a clock
        await evaluated.clockStruck(); //       reminders, the day in the contract, the end of the fact check
      }
      return evaluated.close();
    },
    // Cancel ends no evaluation: the bank cannot call an opinion off.
    () => undefined,
  );
}

class Evaluation {
  private job: Job<EvaluationState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    const taken = <T>(work: () => Promise<T>) => inTurn(() => this.job, opened, this.turns, work);
    takeDecisions(() => this.job, opened, this.turns, {
      bars: (state, { subject }) => ({ proposer: subject === 'contradiction' ? undefined : state.by }),
      votes: (state) => state.votes,
      apply: machine.decideEvaluation,
    });
    setHandler(reviewPlan, (input) => taken(() => this.takeReview(input)), {
      description: 'Assessor: the plan of the round was reviewed. ／ 評価者: 計画を確認した',
      validator: (input) => refusing(() => void parseInput(ReviewPlanInput, input, examples.reviewPlan)),
    });
    setHandler(startFieldwork, (input) => taken(() => this.takeStart(input)), {
      description: 'Assessor: fieldwork begins. ／ 評価者: 実地評価を始める',
      validator: (input) => refusing(() => void parseInput(StartFieldworkInput, input, examples.startFieldwork)),
    });
    setHandler(submitOpinion, (input) => taken(() => this.takeOpinion(input)), {
      description: 'Assessor: a version of the opinion. ／ 評価者: 見解を提出する',
      validator: (input) => refusing(() => void parseInput(SubmitOpinionInput, input, examples.submitOpinion)),
    });
    setHandler(factCheck, (input) => taken(() => this.takeFactCheck(input)), {
      description: 'Bank: remarks on the facts of a draft, kept beside it. ／ 銀行: 見解案の事実確認に回答する',
      validator: (input) => refusing(() => void parseInput(FactCheckInput, input, examples.factCheck)),
    });
    takeReconcile(() => this.job);
    setHandler(evaluationState, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  private get is(): EvaluationState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const { incident: round } = refusing(() => parseWorkflowId('evaluation', workflowId));
    const resume = Resume.safeParse(raw).data;
    const input = resume ? undefined : refusing(() => parseInput(EvaluationInput, raw, examples.evaluation));
    if (input && input.round !== round) throw refused(notAsInId('round', round));
    const opened = await register.openEvaluation({ workflowId, at: now(), ...(input && { input }) });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'evaluation',
        stage: machine.evaluationStage,
        closed: machine.evaluationOver,
        questions: machine.evaluationQuestions,
        zone: (state) => state.terms.zone,
        standing: evaluationStanding,
      },
      opened,
      (plan) => machine.openEvaluation(workflowId, plan, now()),
    );
    await this.job.begin();
    this.opened();
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    await this.job!.wait(
      machine.nextEvaluationClock(this.is),
      () => this.is.sequence !== sequence,
      'third-party evaluation ／ 第三者評価',
    );
  }

  async clockStruck(): Promise<void> {
    while (this.goesOn) {
      const struck = machine.evaluationClock(this.is, now());
      if (struck.entries.length === 0) return;
      await this.job!.commit(struck);
    }
  }

  /** Everything is written and everybody answered; a run that only grew too long goes on as a new one. */
  async close(): Promise<EvaluationOutcome> {
    if (await this.job!.rests(this.turns)) await continueAsNew<typeof evaluation>({ v: 1, resume: true });
    return { stage: machine.evaluationStage(this.is) };
  }

  private async byAssessor(by: string): Promise<void> {
    const may = await register.mayAssess({ assessor: this.is.assessor, by, at: now() });
    if (may.kind === 'refused') throw refused(may.sentence);
  }

  private async takeReview(raw: unknown): Promise<{ phase: string }> {
    const input = parseInput(ReviewPlanInput, raw, examples.reviewPlan);
    await this.byAssessor(input.by);
    const runs = await register.roundRuns({ round: this.is.incident });
    await this.job!.commit(refusing(() => machine.reviewPlan(this.is, input, runs, now())));
    return { phase: this.is.phase };
  }

  private async takeStart(raw: unknown): Promise<{ phase: string }> {
    const { by } = parseInput(StartFieldworkInput, raw, examples.startFieldwork);
    await this.byAssessor(by);
    const runs = await register.roundRuns({ round: this.is.incident });
    if (!runs) throw refused(evaluationWords(this.is).notRunning);
    await this.job!.commit(refusing(() => machine.startFieldwork(this.is, by, now())));
    return { phase: this.is.phase };
  }

  private async takeOpinion(raw: unknown): Promise<OpinionReceipt> {
    const input = parseInput(SubmitOpinionInput, raw, examples.submitOpinion);
    await this.byAssessor(input.by);
    const answer = await register.examineOpinion({ round: this.is.incident, input, at: now() });
    if (answer.kind === 'refused') throw refused(answer.sentence);
    const { examined } = answer;
    await this.job!.commit(refusing(() => machine.submitOpinion(this.is, input, examined, now())));
    const { version, hash } = this.is.last!;
    const { contradictions } = examined;
    return {
      version,
      hash,
      contradictions,
      message: opinionMessage(version, input.stage === 'final', contradictions.length > 0),
    };
  }

  private async takeFactCheck(raw: unknown): Promise<{ version: number }> {
    const input = parseInput(FactCheckInput, raw, examples.factCheck);
    const { incident: round } = this.is;
    const authority = await authorised({
      rule: 'evaluation.factCheck',
      verdict: 'answer',
      by: input.by,
      at: now(),
      votes: [],
    });
    const units = input.remarks.flatMap(({ unit }) => unit ?? []);
    const fits = await register.examineFactCheck({ round, units });
    if (fits.kind === 'refused') throw refused(fits.sentence);
    await this.job!.commit(refusing(() => machine.factCheck(this.is, input, authority.role, now())));
    return { version: this.is.last!.version };
  }
}

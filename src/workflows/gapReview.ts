import { continueAsNew, defineQuery, setHandler, workflowInfo } from '@temporalio/workflow';
import { examples } from '../domain/examples.js';
import * as machine from '../domain/gapReview.js';
import { GapReviewInput, type GapReviewState } from '../domain/gapReview.js';
import { gapReviewId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Resume } from '../domain/resume.js';
import { gapReviewNext, gapReviewSays, startUnder } from '../domain/wording/gapReview.js';
import { register } from './shared/activities.js';
import { now, uninterrupted } from './shared/clock.js';
import { takeDecisions } from './shared/decision.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const gapReviewState = defineQuery<GapReviewState | undefined>('standing');

export interface GapReviewOutcome {
  readonly stage: string;
}

/** What a newer version of a framework asks and units never answered: somebody looks, and two persons decide. */
export async function gapReview(input?: unknown): Promise<GapReviewOutcome> {
  const review = new GapReview();
  return uninterrupted(
    async () => {
      await review.open(input);

      while (review.goesOn) {
        await review.somethingHappened(); // a vote, a clock
        await review.clockStruck(); //       its day
      }
      return review.close();
    },
    // Cancel decides nothing: the gaps stay.
    () => undefined,
  );
}

class GapReview {
  private job: Job<GapReviewState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    takeDecisions(() => this.job, opened, this.turns, {
      bars: () => ({}),
      votes: (state) => state.votes,
      apply: machine.decideGapReview,
      next: gapReviewNext,
    });
    takeReconcile(() => this.job);
    setHandler(gapReviewState, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  private get is(): GapReviewState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const resume = Resume.safeParse(raw).data;
    const input = resume ? undefined : refusing(() => parseInput(GapReviewInput, raw, examples.gapReview));
    if (input && workflowId !== gapReviewId(input)) throw refused(startUnder(gapReviewId(input)));
    const opened = await register.openGapReview({ workflowId, at: now(), ...(input && { input }) });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'gapReview',
        stage: machine.gapReviewStage,
        closed: machine.gapReviewOver,
        questions: machine.gapReviewQuestions,
        zone: (state) => state.zone,
        standing: gapReviewSays,
      },
      opened,
      (plan) => machine.openGapReview(workflowId, plan),
    );
    await this.job.begin();
    this.opened();
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    await this.job!.wait(
      machine.nextGapReviewClock(this.is),
      () => this.is.sequence !== sequence,
      'gap list ／ 基準の差分',
    );
  }

  async clockStruck(): Promise<void> {
    if (!this.goesOn) return;
    const struck = machine.gapReviewClock(this.is, now());
    if (struck.entries.length > 0) await this.job!.commit(struck);
  }

  /** Everything is written and everybody answered; a run that only grew too long goes on as a new one. */
  async close(): Promise<GapReviewOutcome> {
    if (await this.job!.rests(this.turns)) await continueAsNew<typeof gapReview>({ v: 1, resume: true });
    return { stage: machine.gapReviewStage(this.is) };
  }
}

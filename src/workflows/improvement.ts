import { continueAsNew, defineQuery, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import { examples } from '../domain/examples.js';
import { parseWorkflowId } from '../domain/ids.js';
import * as machine from '../domain/improvement.js';
import { ImprovementInput, MoveStageInput, SetDueInput, type ImprovementState } from '../domain/improvement.js';
import { parseInput } from '../domain/input.js';
import type { Instant } from '../domain/instant.js';
import { Resume } from '../domain/resume.js';
import { improvementSays } from '../domain/wording/improvement.js';
import { register } from './shared/activities.js';
import { now, uninterrupted } from './shared/clock.js';
import { authorised, inTurn, takeDecisions } from './shared/decision.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { notAsInId, refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const moveStage = defineUpdate<{ stage: string; complete: boolean }, [MoveStageInput]>('moveStage');
export const setDue = defineUpdate<{ due: Instant }, [SetDueInput]>('setDue');
export const improvementState = defineQuery<ImprovementState | undefined>('standing');

export interface ImprovementOutcome {
  readonly stage: string;
}

/** What is not a gap but is to get better: from talks with the counterparts until it is in force, or given up. */
export async function improvement(input?: unknown): Promise<ImprovementOutcome> {
  const better = new Improvement();
  return uninterrupted(
    async () => {
      await better.open(input);

      while (better.goesOn) {
        await better.somethingHappened(); // a stage, another day, a decision, a clock
        await better.clockStruck(); //       reminders, the day, its escalation
      }
      return better.close();
    },
    // Cancel gives nothing up: that takes two persons.
    () => undefined,
  );
}

class Improvement {
  private job: Job<ImprovementState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();
  /** Units of which the list tells another method, as of the decision that is being taken. */
  private behind: readonly string[] = [];

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    const taken = <T>(work: () => Promise<T>) => inTurn(() => this.job, opened, this.turns, work);
    takeDecisions(() => this.job, opened, this.turns, {
      bars: (state, { subject }) => ({ proposer: subject === 'drop' ? state.dropping?.by : undefined }),
      votes: (state) => state.votes,
      prepare: async ({ units }) => void (this.behind = await register.withoutIvr({ units })),
      apply: (state, decision, authority, at) => machine.decideImprovement(state, decision, authority, this.behind, at),
    });
    setHandler(moveStage, (input) => taken(() => this.takeMove(input)), {
      description: 'It reached its next stage, or is to be given up. ／ 次の段階に進める、または取りやめを提案する',
      validator: (input) => refusing(() => void parseInput(MoveStageInput, input, examples.moveStage)),
    });
    setHandler(setDue, (input) => taken(() => this.takeDue(input)), {
      description: 'Another day; the old one is kept. ／ 期日を改める（前の期日は残る）',
      validator: (input) => refusing(() => void parseInput(SetDueInput, input, examples.setDue)),
    });
    takeReconcile(() => this.job);
    setHandler(improvementState, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  private get is(): ImprovementState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const { incident: round, name } = refusing(() => parseWorkflowId('improvement', workflowId));
    const resume = Resume.safeParse(raw).data;
    const input = resume ? undefined : refusing(() => parseInput(ImprovementInput, raw, examples.improvement));
    if (input && input.round !== round) throw refused(notAsInId('round', round));
    const opened = await register.openImprovement({ workflowId, name, at: now(), ...(input && { input }) });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'improvement',
        stage: machine.improvementStage,
        closed: machine.improvementOver,
        questions: machine.improvementQuestions,
        zone: (state) => state.terms.zone,
        standing: improvementSays,
      },
      opened,
      (plan) => machine.openImprovement(workflowId, plan, now()),
    );
    await this.job.begin();
    this.opened();
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    await this.job!.wait(
      machine.nextImprovementClock(this.is),
      () => this.is.sequence !== sequence,
      'improvement ／ 改善',
    );
  }

  async clockStruck(): Promise<void> {
    while (this.goesOn) {
      const struck = machine.improvementClock(this.is, now());
      if (struck.entries.length === 0) return;
      await this.job!.commit(struck);
    }
  }

  /** Everything is written and everybody answered; a run that only grew too long goes on as a new one. */
  async close(): Promise<ImprovementOutcome> {
    if (await this.job!.rests(this.turns)) await continueAsNew<typeof improvement>({ v: 1, resume: true });
    return { stage: machine.improvementStage(this.is) };
  }

  private async may(rule: string, verdict: string, by: string): Promise<void> {
    await authorised({ rule: `improvement.${rule}`, verdict, by, at: now(), votes: [] });
  }

  private async takeMove(raw: unknown): Promise<{ stage: string; complete: boolean }> {
    const input = parseInput(MoveStageInput, raw, examples.moveStage);
    await this.may('moveStage', input.stage, input.by);
    await this.job!.commit(refusing(() => machine.moveStage(this.is, input, now())));
    const { stage } = this.is;
    return { stage, complete: stage === input.stage };
  }

  private async takeDue(raw: unknown): Promise<{ due: Instant }> {
    const input = parseInput(SetDueInput, raw, examples.setDue);
    await this.may('setDue', 'set', input.by);
    const firmness = input.firmness ?? this.is.watched?.due.firmness ?? 'target';
    const day = await register.improvementDay({ due: input.due, firmness, at: now() });
    if (day.kind === 'refused') throw refused(day.sentence);
    await this.job!.commit(refusing(() => machine.setDue(this.is, input, day.watched, now())));
    return { due: day.watched.due.at };
  }
}

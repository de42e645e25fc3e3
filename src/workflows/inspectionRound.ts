import {
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { examples } from '../domain/examples.js';
import { inspectionId, parseWorkflowId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import * as machine from '../domain/inspectionRound.js';
import { InspectionRoundInput, ProposeReportInput, UnitMoved, type RoundState } from '../domain/inspectionRound.js';
import { Resume } from '../domain/resume.js';
import { roundStanding, roundTables } from '../domain/wording/inspectionRound.js';
import { register } from './shared/activities.js';
import { startOnce } from './shared/child.js';
import { now, uninterrupted } from './shared/clock.js';
import { authorised, inTurn, takeDecisions } from './shared/decision.js';
import { Inbox, tellConfusion, unreadFirst } from './shared/inbox.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { notAsInId, refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const unitMoved = defineSignal<[UnitMoved]>('unitMoved');
export const proposeReport = defineUpdate<{ digest: string }, [ProposeReportInput]>('proposeReport');
export const roundState = defineQuery<RoundState | undefined>('standing');

export interface RoundOutcome {
  readonly stage: string;
}

/** How many inspections are started at a time: a round of a thousand must not be one task of a thousand commands. */
const STARTED_AT_ONCE = 50;

/** An inspection of many units: planned, opened, followed, reported with whoever is missing named, and closed. */
export async function inspectionRound(input?: unknown): Promise<RoundOutcome> {
  const round = new Round();
  return uninterrupted(
    async () => {
      await round.open(input);

      await round.approved(); //             the task force's lead opens it
      await round.started(); //              one inspection for each unit
      while (round.goesOn) {
        await round.somethingHappened(); //  a unit moved, a decision, a clock
        await round.confusionTold(); //      a signal that cannot be read
        await round.unitsFollowed();
        await round.clockStruck(); //        50, 75, 90 % of the time: will it hold? and the target itself
      }
      await round.unitsReleased(); //        what is settled ends with the round
      return round.close();
    },
    // Cancel ends no round: units that were asked wait for somebody.
    () => undefined,
  );
}

class Round {
  private job: Job<RoundState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();
  private readonly moves = new Inbox('unitMoved', UnitMoved, examples.unitMoved);

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    takeDecisions(() => this.job, opened, this.turns, {
      bars: (state, { subject }) => ({ proposer: subject === 'report' ? state.proposed?.by : state.by }),
      votes: (state) => state.votes,
      apply: machine.decideRound,
    });
    setHandler(unitMoved, (input) => this.moves.take(input), {
      description: 'The result of a unit changed. ／ 対象の結果が変わった',
    });
    setHandler(
      proposeReport,
      (input) =>
        inTurn(
          () => this.job,
          opened,
          this.turns,
          () => this.takeReport(input),
        ),
      {
        description: 'Propose the result as it stands for publication. ／ 現時点の結果を公表案とする',
        validator: (input) => refusing(() => void parseInput(ProposeReportInput, input, examples.proposeReport)),
      },
    );
    takeReconcile(() => this.job);
    setHandler(roundState, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  private get is(): RoundState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const { incident: round } = refusing(() => parseWorkflowId('inspectionRound', workflowId));
    const resume = Resume.safeParse(raw).data;
    const unread = resume?.unread ?? [];
    const first = unreadFirst(unread);
    const input = resume ? undefined : refusing(() => parseInput(InspectionRoundInput, raw, examples.inspectionRound));
    if (input && input.round !== round) throw refused(notAsInId('round', round));
    const opened = await register.openRound({ workflowId, at: now(), ...(input && { input }) });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'inspectionRound',
        stage: machine.roundStage,
        closed: machine.roundOver,
        questions: machine.roundQuestions,
        zone: (state) => state.terms.zone,
        standing: roundStanding,
        tables: roundTables,
      },
      opened,
      (plan) => machine.planRound(workflowId, plan, now()),
    );
    await this.job.begin();
    this.moves.takeUnread(unread, first);
    // What units told while nobody listened.
    if (opened.kind === 'resumed' && machine.isRunning(this.is))
      for (const moved of await register.unitResults({ round }))
        await this.job.commit(machine.unitMoved(this.is, { v: 1, ...moved }, now()));
    this.opened();
  }

  async approved(): Promise<void> {
    while (this.is.phase === 'PLANNED' && this.goesOn) {
      await this.job!.wait(machine.roundClock(this.is), () => this.is.phase !== 'PLANNED', 'approval ／ 承認待ち');
      const due = machine.roundClock(this.is);
      if (this.is.phase === 'PLANNED' && due !== undefined && due <= now() && this.goesOn)
        await this.job!.commit(machine.approvalLate(this.is));
    }
  }

  /** One that runs already under its id is the same one. */
  async started(): Promise<void> {
    if (this.is.started || !this.goesOn) return;
    const { incident: round, by, basis } = this.is;
    const notAsked = await register.askableUnits({ units: Object.keys(this.is.units) });
    const units = Object.keys(this.is.units).filter((unit) => !notAsked.refused[unit]);
    for (let from = 0; from < units.length; from += STARTED_AT_ONCE)
      await Promise.all(
        units.slice(from, from + STARTED_AT_ONCE).map((unit) =>
          startOnce('providerInspection', {
            workflowId: inspectionId(round, unit),
            args: [{ v: 1, round, unit, by, basis: basis[unit] ?? 'NOT_STATED' }],
            staticSummary: unit,
          }),
        ),
      );
    await this.job!.commit(machine.roundStarted(this.is, notAsked, now()));
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    await this.job!.wait(
      machine.roundClock(this.is),
      () =>
        this.moves.next !== undefined || this.moves.nextNotUnderstood !== undefined || this.is.sequence !== sequence,
      'round ／ 点検',
    );
  }

  /** A signal cannot be answered: people are told that one could not be read. */
  confusionTold(): Promise<void> {
    return tellConfusion(this.job!, [this.moves]);
  }

  async unitsFollowed(): Promise<void> {
    for (let moved = this.moves.next; moved && !this.job!.apart; moved = this.moves.next)
      if (await this.job!.recorded(machine.unitMoved(this.is, moved, now()))) this.moves.taken();
  }

  async clockStruck(): Promise<void> {
    const due = machine.roundClock(this.is);
    if (due === undefined || due > now() || !this.goesOn) return;
    if (this.is.warnings[0] === due) {
      const { incident: round, target } = this.is;
      const prediction = await register.predictEnd({
        round,
        target: target.date ?? target.at.slice(0, 10),
        incomplete: machine.incompleteUnits(this.is),
        at: now(),
      });
      await this.job!.commit(machine.warn(this.is, prediction));
      return;
    }
    await this.job!.commit(machine.targetMissed(this.is));
  }

  /** Units without a result go on until they have one (C-24). */
  async unitsReleased(): Promise<void> {
    if (this.is.phase !== 'CLOSED' || this.job!.apart) return;
    const { incident: round } = this.is;
    for (const unit of Object.keys(this.is.units)) {
      try {
        await getExternalWorkflowHandle(inspectionId(round, unit)).signal('roundClosed', { v: 1, round });
      } catch {
        log.info('an inspection of this round is gone already');
      }
    }
  }

  /** Everything is written and everybody answered; a run that only grew too long goes on as a new one. */
  async close(): Promise<RoundOutcome> {
    if (await this.job!.rests(this.turns)) {
      const unread = this.moves.unread();
      await continueAsNew<typeof inspectionRound>({ v: 1, resume: true, ...(unread.length > 0 && { unread }) });
    }
    return { stage: machine.roundStage(this.is) };
  }

  private async takeReport(raw: unknown): Promise<{ digest: string }> {
    const input = parseInput(ProposeReportInput, raw, examples.proposeReport);
    await authorised({
      rule: 'inspectionRound.proposeReport',
      verdict: 'propose',
      by: input.by,
      at: now(),
      votes: [],
    });
    const { id, incident: round, proposals } = this.is;
    const made = await register.makeReport({ workflowId: id, round, n: proposals + 1, at: now() });
    if (made.kind === 'refused') throw refused(made.sentence);
    await this.job!.commit(refusing(() => machine.proposeReport(this.is, input.by, made, now())));
    return { digest: made.digest };
  }
}

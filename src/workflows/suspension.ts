import {
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { LossConfirmed } from '../domain/containment.js';
import { examples } from '../domain/examples.js';
import { parseWorkflowId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { earliest } from '../domain/instant.js';
import { lossMisdirected, signalNotUnderstood } from '../domain/notUnderstood.js';
import { Resume } from '../domain/resume.js';
import * as machine from '../domain/suspension.js';
import {
  DriftFound,
  ProposeLiftInput,
  SuspensionInput,
  type Stage,
  type SuspensionState,
} from '../domain/suspension.js';
import { suspensionQuestions } from '../domain/suspension.js';
import type { Change } from '../domain/transition.js';
import { stands } from '../domain/wording/standing.js';
import { standingOf } from '../domain/wording/suspension.js';
import { previewTables } from '../domain/wording/suspensionPreview.js';
import { control, register } from './shared/activities.js';
import { now, uninterrupted } from './shared/clock.js';
import { authorised, takeDecisions } from './shared/decision.js';
import { takeDutyClosings } from './shared/duty.js';
import { Inbox, unreadFirst } from './shared/inbox.js';
import { callsAfterStop, inTime } from './shared/inTime.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { Measures, reportOpened } from './shared/measure.js';
import { notAsInId, refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const proposeLift = defineUpdate<{ digest: string }, [ProposeLiftInput]>('proposeLift');
export const driftFound = defineSignal<[DriftFound]>('driftFound');
export const lossConfirmed = defineSignal<[LossConfirmed]>('lossConfirmed');
export const standing = defineQuery<SuspensionState | undefined>('standing');

export interface SuspensionOutcome {
  readonly stage: Stage;
}

/** Stops or restricts functions of a service, proves it, and keeps asking whether the stop is still right. */
export async function suspension(input?: unknown): Promise<SuspensionOutcome> {
  const stop = new Stop();
  return uninterrupted(
    async () => {
      await stop.open(input);

      await stop.proposed(); //                each step returns at once when the state is past it,
      await stop.ordered(); //                 so a continued run reads the same page from the top
      await Promise.all([
        stop.executed(), //                    every target settled and read back, again after drift, and again when let go
        stop.ratified(), //                    emergency stops only
        stop.siblingsReviewed(), //            functions that share the failed control
        stop.reviewed(), //                    keep, change or lift, every seven days
        stop.watched(), //                     after a lift
      ]);
      return stop.close();
    },
    () => stop.cancelled(),
  );
}

class Stop {
  private job: Job<SuspensionState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();
  private readonly drifts = new Inbox('driftFound', DriftFound, examples.driftFound);
  private readonly losses = new Inbox('lossConfirmed', LossConfirmed, examples.lossConfirmed);
  private readonly measures = new Measures();
  private readonly inTime = inTime();
  private readonly inboxes = [this.drifts, this.losses, this.measures.inbox] as const;
  /** Are losses taken in whatever the phase? Runs of before took one in during the watch only. */
  private everyLoss = false;
  /** Are people called for a loss on what is stopped? Runs of before alarmed it only. */
  private callsAfterStop = false;
  /** Targets whose channel is being asked now. */
  private asked = 0;
  private cancelWanted = false;
  private everyCancel = false;

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    takeDecisions(() => this.job, opened, this.turns, {
      bars: (state, { subject }) => ({
        proposer: subject === 'lift' ? state.lift?.by : state.proposal.by,
        failedControl: state.failedControl,
      }),
      votes: (state) => state.votes,
      // What is approved is ordered with the same write: seconds count.
      apply: (state, decision, authority, at) =>
        machine.orderedWhenApproved(machine.decide(state, decision, authority, at), at),
    });
    takeDutyClosings(() => this.job, opened, this.turns);
    setHandler(proposeLift, (input) => this.turns.run(async () => this.takeLiftProposal(opened, input)), {
      description: 'Propose to lift this measure. ／ 解除を提案する',
      validator: (input) => refusing(() => void parseInput(ProposeLiftInput, input, examples.proposeLift)),
    });
    setHandler(driftFound, (input) => this.drifts.take(input), {
      description: 'The channel says something else than what must hold.',
    });
    const takeLoss = (input: unknown) => {
      this.lossesCome();
      this.losses.take(input);
    };
    setHandler(lossConfirmed, takeLoss, { description: 'A loss on one of the functions is confirmed.' });
    takeReconcile(() => this.job);
    setHandler(standing, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  /** Asked where a loss comes in, or what the run before had not taken. */
  private lossesCome(): void {
    this.everyLoss = patched('every-loss-told');
    this.callsAfterStop = callsAfterStop();
  }

  private get is(): SuspensionState {
    return this.job!.state;
  }

  private get goesOn(): boolean {
    return this.job!.goesOn;
  }

  /** Reads the documents and works out the plan; or goes on where an earlier run left off. */
  async open(input: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const { incident } = refusing(() => parseWorkflowId('suspension', workflowId));
    const resume = Resume.safeParse(input).data;
    const unread = resume?.unread ?? [];
    const first = unreadFirst(unread);
    if (unread.length > 0) this.lossesCome();
    const parsed = resume ? undefined : refusing(() => parseInput(SuspensionInput, input, examples.suspension));
    if (parsed && parsed.incident !== incident) throw refused(notAsInId('incident', incident));
    const opened = await register.openSuspension({ workflowId, at: now(), ...(parsed && { input: parsed }) });
    if (opened.kind === 'refused') {
      if (parsed?.decidedIn !== undefined)
        await reportOpened(parsed.decidedIn, { v: 1, suspension: workflowId, opened: false });
      throw refused(opened.sentence);
    }
    this.job = Job.of(
      {
        job: 'suspension',
        stage: machine.stageOf,
        closed: machine.isOver,
        questions: suspensionQuestions,
        zone: (state) => state.terms.zone,
        standing: standingOf,
        tables: previewTables,
      },
      opened,
      (plan) => machine.propose(workflowId, plan, now()),
    );
    await this.job.begin();
    for (const inbox of this.inboxes) inbox.takeUnread(unread, first);
    this.opened();
    if (parsed?.decidedIn !== undefined)
      await reportOpened(parsed.decidedIn, { v: 1, suspension: workflowId, opened: true });
  }

  /** Waits for the approval of the decision table's role; a proposal expires. */
  async proposed(): Promise<void> {
    const waits = () => this.is.phase === 'proposed' && !this.is.emergency && !this.is.decidedIn;
    while (waits() && this.goesOn) {
      const loss = () => this.everyLoss && this.losses.next !== undefined;
      await this.job!.wait(this.is.proposal.expires.at, () => !waits() || loss(), 'approval ／ 承認待ち');
      await this.lossesTold();
      if (waits() && now() >= this.is.proposal.expires.at) await this.job!.commit(machine.expire(this.is, now()));
    }
  }

  /** Places the holds. From here on the register says what must hold, whatever becomes of this workflow. */
  async ordered(): Promise<void> {
    if (this.is.phase === 'proposed' && this.goesOn) await this.job!.commit(machine.order(this.is, now()));
  }

  /** Settles all targets side by side, each in its turn, takes in drift and losses, and notes when everything is in force or let go. */
  async executed(): Promise<void> {
    const late = this.inTime ? [this.toldInTime()] : [];
    await Promise.all([...Object.keys(this.is.targets).map((id) => this.settled(id)), this.noted(), ...late]);
  }

  /** A target that nobody could prove in time is told, also where nobody takes its order up: no worker for the channel. */
  private async toldInTime(): Promise<void> {
    const due = () => machine.nextLate(this.is);
    while (this.goesOn) {
      const waitsFor = due();
      await this.job!.wait(waitsFor?.at, () => due()?.at !== waitsFor?.at, 'proof of every target ／ 全対象の確認');
      const next = due();
      if (this.goesOn && next && now() >= next.at) await this.job!.commit(machine.late(this.is, next.target, now()));
    }
  }

  private async settled(id: string): Promise<void> {
    const target = () => this.is.targets[id]!;
    while (this.goesOn) {
      if (machine.isSettled(target())) {
        await this.job!.wait(undefined, () => !machine.isSettled(target()));
        continue;
      }
      if (!target().late && now() >= target().due) await this.job!.commit(machine.late(this.is, id, now()));
      const { notBefore, orderedAt, goal, due, late, status } = target();
      if (notBefore !== undefined && notBefore > now()) {
        const changed = () =>
          target().status !== status || target().orderedAt !== orderedAt || target().notBefore !== notBefore;
        await this.job!.wait(earliest(notBefore, late ? undefined : due), changed, `read back ${id}`);
        continue;
      }
      // Runs of before asked all at once.
      if (machine.waitsItsTurn(this.is, id) && patched('stopped-in-order')) {
        await this.job!.wait(due, () => !machine.waitsItsTurn(this.is, id), `turn of ${id} ／ 停止の順番待ち`);
        continue;
      }
      // The channel is asked for what the register holds: a hold is placed, or let go, before.
      if (this.inTime && !this.job!.isWritten) {
        await this.job!.written();
        continue;
      }
      this.asked++;
      const outcome = await control
        .settle({ target: id, suspension: this.is.id, goal, reason: this.is.id, at: now() })
        .finally(() => this.asked--);
      // While the outside world answered, people may have decided otherwise: then the answer is to a question of before.
      const stale = target().goal !== goal || target().orderedAt !== orderedAt || machine.isSettled(target());
      if (!stale) this.job!.apply(machine.settle(this.is, id, outcome, now()));
      // With the last proof the measure is in force, or let go: people wait for one write, not for two.
      if (this.newlySettled() && patched('done-with-last-proof')) this.job!.apply(this.done());
      // What succeeds side by side is written together; whatever else is known is written at once.
      const more = this.asked > 0 && machine.isSettled(target());
      if (!more || !patched('targets-written-together')) await this.job!.written();
    }
  }

  private async noted(): Promise<void> {
    const something = () =>
      this.inboxes.some((inbox) => inbox.next !== undefined || inbox.nextNotUnderstood !== undefined) ||
      this.cancelWanted ||
      this.newlySettled();
    while (this.goesOn) {
      await this.job!.wait(undefined, something);
      if (!this.goesOn) return;
      const drift = this.drifts.next;
      if (drift && (await this.job!.recorded(machine.drift(this.is, drift, now())))) this.drifts.taken();
      const loss = this.losses.next;
      if (loss && (await this.job!.recorded(this.told(loss)))) this.losses.taken();
      for (const inbox of this.inboxes) {
        const signal = inbox.nextNotUnderstood;
        if (signal && (await this.job!.recorded(signalNotUnderstood(this.is, signal, now())))) inbox.told();
      }
      if (this.cancelWanted) await this.cancelTaken();
      if (this.newlySettled()) await this.job!.commit(this.done());
    }
  }

  private told(loss: LossConfirmed): Change<SuspensionState> {
    const { callsAfterStop } = this;
    if (this.everyLoss) return machine.lossTold(this.is, loss, now(), { callsAfterStop });
    const { target, reference, count } = loss;
    if (this.inTime && this.is.phase === 'watching' && !this.is.targets[target])
      return lossMisdirected(this.is, loss, now());
    return machine.trip(this.is, 'lossConfirmed', now(), { reference, count });
  }

  /** A loss that comes in before the order, or while it ends, is on record like any other. */
  private async lossesTold(): Promise<void> {
    for (let loss = this.losses.next; loss && this.everyLoss && !this.job!.apart; loss = this.losses.next)
      if (await this.job!.recorded(this.told(loss))) this.losses.taken();
  }

  private done(): Change<SuspensionState> {
    return this.is.phase === 'lifting' ? machine.released(this.is, now()) : machine.inForce(this.is, now());
  }

  private newlySettled(): boolean {
    if (!machine.allSettled(this.is)) return false;
    return this.is.phase === 'lifting' || (this.is.phase === 'ordered' && !this.is.inForceSince);
  }

  /** The second person is called at once and again until ratification is due; then one escalation, and the stop stays. */
  async ratified(): Promise<void> {
    const open = () =>
      this.is.phase === 'ordered' && this.is.ratification && !this.is.ratification.by
        ? this.is.ratification
        : undefined;
    for (let waiting = open(); waiting && this.goesOn; waiting = open()) {
      if (!waiting.escalated && now() >= waiting.due.at) await this.job!.commit(machine.escalateRatification(this.is));
      else if (!waiting.escalated && now() >= waiting.nextCall)
        await this.job!.commit(machine.callSecond(this.is, now()));
      const next = open();
      if (next)
        await this.job!.wait(
          next.escalated ? undefined : earliest(next.nextCall, next.due.at),
          () => open()?.nextCall !== next.nextCall,
          'ratification ／ 追認待ち',
        );
    }
  }

  /** Functions that share the failed control are kept or stopped by name; unanswered, one escalation (K-04). */
  async siblingsReviewed(): Promise<void> {
    const toStop = () =>
      Object.entries(this.is.siblings).find(([, { verdict, started }]) => verdict === 'stop' && !started)?.[0];
    const open = () => Object.values(this.is.siblings).some(({ verdict }) => !verdict);
    while (this.goesOn && this.is.phase === 'ordered' && (open() || toStop())) {
      const sibling = toStop();
      if (sibling) {
        await this.stopSibling(sibling);
        continue;
      }
      const due = this.is.siblingsDue?.at;
      await this.job!.wait(
        due,
        () => this.is.phase !== 'ordered' || !open() || toStop() !== undefined,
        'sibling review ／ 関連機能の判断待ち',
      );
      if (due !== undefined && now() >= due && open()) await this.job!.commit(machine.escalateSiblings(this.is));
    }
  }

  private async stopSibling(sibling: string): Promise<void> {
    const { incident, failedControl, id, siblings } = this.is;
    const input: SuspensionInput = {
      v: 1,
      incident,
      measure: 'suspend',
      targets: [sibling],
      by: siblings[sibling]!.by!,
      reason: `shares the failed control: ${id}`,
      trigger: 'sibling-review',
      decidedIn: id,
      ...(failedControl !== undefined && { failedControl }),
    };
    const opened = await this.measures.start(machine.siblingSuspension(this.is, sibling), input);
    if (opened === undefined) return;
    await this.job!.commit(machine.siblingStarted(this.is, sibling, opened, now()));
  }

  /** Every seven days: keep, change or lift. Unanswered a stop stays, and is escalated once; a restriction is decided again every day, or suspends. */
  async reviewed(): Promise<void> {
    while (this.goesOn) {
      const review = this.is.phase === 'ordered' ? this.is.review : undefined;
      const changed = () => (this.is.phase === 'ordered' ? this.is.review?.due.at : undefined) !== review?.due.at;
      await this.job!.wait(review && !review.escalated ? review.due.at : undefined, changed, 'review ／ 見直し');
      if (review && !review.escalated && !changed() && now() >= review.due.at && this.goesOn)
        await this.job!.commit(machine.askReview(this.is, now()));
    }
  }

  /** After a lift: fourteen days in which the next case or drift stops the function again. */
  async watched(): Promise<void> {
    while (this.goesOn) {
      const ends = this.is.phase === 'watching' ? this.is.watchEnds!.at : undefined;
      const changed = () => (this.is.phase === 'watching' ? this.is.watchEnds?.at : undefined) !== ends;
      await this.job!.wait(ends, changed, 'watch after the lift ／ 解除後の監視');
      if (ends !== undefined && !changed() && now() >= ends && this.goesOn)
        await this.job!.commit(machine.endWatch(this.is));
    }
  }

  /** Everything is written and everybody answered; a run that only grew too long goes on as a new one. */
  async close(): Promise<SuspensionOutcome> {
    do {
      if (machine.isOver(this.is)) await this.lossesTold();
      if (await this.job!.rests(this.turns)) {
        const unread = this.inboxes.flatMap((inbox) => inbox.unread());
        await continueAsNew<typeof suspension>({ v: 1, resume: true, ...(unread.length > 0 && { unread }) });
      }
    } while (this.everyLoss && this.losses.next);
    return { stage: machine.stageOf(this.is) };
  }

  /** Cancel lifts nothing: it proposes a lift. Runs of before said nothing where there was nothing to propose. */
  cancelled(): void {
    this.cancelWanted = true;
    this.everyCancel = patched('every-cancel-told');
  }

  private async cancelTaken(): Promise<void> {
    this.cancelWanted = false;
    const proposes = this.is.phase === 'ordered' && !this.is.lift;
    if (proposes || this.everyCancel) await this.job!.commit(machine.cancelRequested(this.is, now()));
  }

  private async takeLiftProposal(opened: Promise<void>, raw: unknown): Promise<{ digest: string }> {
    await opened;
    const input = parseInput(ProposeLiftInput, raw, examples.proposeLift);
    await authorised({
      rule: 'suspension.proposeLift',
      verdict: 'propose',
      by: input.by,
      at: now(),
      failedControl: this.is.failedControl,
      votes: [],
    });
    const { digest } = this.is.proposal;
    await this.job!.commit(refusing(() => machine.proposeLift(this.is, input.by, input.reason, digest, now())));
    if (this.job!.apart) throw refused(stands(this.job!));
    return { digest: this.is.lift!.digest };
  }
}

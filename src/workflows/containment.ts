import {
  continueAsNew,
  defineQuery,
  getExternalWorkflowHandle,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import * as machine from '../domain/containment.js';
import { ContainmentInput, LossConfirmed, type ContainmentState } from '../domain/containment.js';
import { examples } from '../domain/examples.js';
import { containmentId, parseWorkflowId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Resume } from '../domain/resume.js';
import { standingOf } from '../domain/wording/containment.js';
import { register } from './shared/activities.js';
import { now, uninterrupted, waitUntil } from './shared/clock.js';
import { takeDecisions } from './shared/decision.js';
import { takeDutyClosings } from './shared/duty.js';
import { Inbox, tellConfusion, unreadFirst } from './shared/inbox.js';
import { callsAfterStop, inTime } from './shared/inTime.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { refused, refusing } from './shared/refuse.js';
import { Measures } from './shared/measure.js';
import { lossConfirmed } from './suspension.js';
import { OneAtATime } from './shared/turns.js';

export const containmentStanding = defineQuery<ContainmentState | undefined>('standing');

export interface ContainmentOutcome {
  readonly stage: string;
}

/** After a confirmed loss on a function: suspend, restrict or continue, with its time-out, its tripwire and its re-decision. */
export async function containment(input?: unknown): Promise<ContainmentOutcome> {
  const fire = new Containment();
  return uninterrupted(
    async () => {
      await fire.open(input);

      while (fire.goesOn) {
        await fire.somethingHappened(); //   a loss, a decision, or a clock
        await fire.confusionTold(); //       a signal that cannot be read
        await fire.lossesTaken(); //         opens the decision, or trips the wire
        await fire.clockStruck(); //         warnings, time-out, re-decision, reminders
        await fire.measureStarted(); //      the restriction or suspension that was decided
      }
      return fire.close();
    },
    // Cancel ends no decision: what is exposed stays on somebody's desk.
    () => undefined,
  );
}

class Containment {
  private job: Job<ContainmentState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();
  private readonly losses = new Inbox('lossConfirmed', LossConfirmed, examples.lossConfirmed);
  private readonly measures = new Measures();
  private readonly inTime = inTime();
  /** Are people called for a loss on what is stopped? Runs of before alarmed it only. */
  private callsAfterStop = false;
  private readonly inboxes = [this.losses, this.measures.inbox] as const;

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    takeDecisions(() => this.job, opened, this.turns, {
      bars: ({ failedControl }) => ({ failedControl }),
      votes: (state) => state.votes ?? [],
      apply: machine.decideContainment,
    });
    takeDutyClosings(() => this.job, opened, this.turns);
    const takeLoss = (input: unknown) => {
      this.callsAfterStop = callsAfterStop();
      this.losses.take(input);
    };
    setHandler(lossConfirmed, takeLoss, {
      description: 'A loss on this function is confirmed. ／ 被害を確認した',
    });
    takeReconcile(() => this.job);
    setHandler(containmentStanding, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  private get is(): ContainmentState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    refusing(() => parseWorkflowId('containment', workflowId));
    const resume = Resume.safeParse(raw).data;
    const unread = resume?.unread ?? [];
    const first = unreadFirst(unread);
    const [, incidentPart, ...targetParts] = workflowId.split('/');
    const input = resume
      ? { incident: incidentPart!, target: targetParts.join('/'), loss: undefined }
      : refusing(() => parseInput(ContainmentInput, raw, examples.containment));
    const id = containmentId(input.incident, input.target);
    if (id !== workflowId) throw refused(wrongId(id));
    const opened = await register.openContainment({
      workflowId,
      incident: input.incident,
      target: input.target,
      at: now(),
      resume: resume !== undefined,
    });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'containment',
        stage: machine.containmentStage,
        closed: ({ phase }) => phase === 'closed',
        questions: machine.containmentQuestions,
        zone: (state) => state.terms.zone,
        standing: standingOf,
      },
      opened,
      (plan) => machine.openContainment(workflowId, plan, now()),
    );
    await this.job.begin();
    for (const inbox of this.inboxes) inbox.takeUnread(unread, first);
    if (unread.length > 0 || input.loss) this.callsAfterStop = callsAfterStop();
    if (input.loss) this.losses.take(input.loss);
    this.opened();
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    await this.job!.wait(
      machine.nextClock(this.is),
      () =>
        this.inboxes.some((inbox) => inbox.next !== undefined || inbox.nextNotUnderstood !== undefined) ||
        this.is.toStart !== undefined ||
        this.is.sequence !== sequence,
      'decision ／ 判断待ち',
    );
  }

  /** A signal cannot be answered: people are told that one could not be read. */
  confusionTold(): Promise<void> {
    return tellConfusion(this.job!, this.inboxes);
  }

  async lossesTaken(): Promise<void> {
    for (let loss = this.losses.next; loss && !this.job!.apart; loss = this.losses.next) {
      const first = this.is.phase === 'awaiting-loss';
      const repeated = this.is.losses[loss.reference] !== undefined;
      const { callsAfterStop } = this;
      if (!(await this.job!.recorded(machine.lossConfirmed(this.is, loss, now(), { callsAfterStop })))) return;
      if (first && repeated) await this.job!.commit(machine.closed(this.is, 'repeated', now()));
      else if (first && !(this.inTime && machine.isMisdirected(this.is, loss))) await this.already(loss);
      this.losses.taken();
    }
  }

  /** The function may be stopped already, be watched after a lift, or be restricted by itself: then the loss belongs there. */
  private async already(loss: LossConfirmed): Promise<void> {
    const { wanted, watching, restricting = [] } = await register.exposure({ target: this.is.target });
    const watched = await toldAny(watching, loss);
    // What another measure stops besides is not restricted only.
    const restricted = wanted === 'RESTRICTED' && (await toldAny(restricting, loss));
    if (watched && this.is.terms.acts && this.is.terms.autoStop)
      await this.job!.commit(machine.closed(this.is, 'watch-tripped', now()));
    else if (restricted) await this.job!.commit(machine.closed(this.is, 'restriction-tripped', now()));
    else if (wanted === 'SUSPENDED')
      await this.job!.commit(machine.lossAfterStop(this.is, loss, now(), { callsAfterStop: this.callsAfterStop }));
  }

  async clockStruck(): Promise<void> {
    const due = machine.nextClock(this.is);
    if (!this.goesOn || due === undefined || due > now() || this.is.toStart) return;
    // An emergency stop may have come before the decision: then there is nothing left to decide.
    const { wanted } = await register.exposure({ target: this.is.target });
    if (this.is.toStart || (machine.nextClock(this.is) ?? due) > due) return;
    const stopped = wanted === 'SUSPENDED';
    await this.job!.commit(stopped ? machine.closed(this.is, 'suspended', now()) : machine.clockStruck(this.is, now()));
  }

  async measureStarted(): Promise<void> {
    const measure = this.is.toStart;
    if (!measure || !this.goesOn) return;
    const opened = await this.measures.start(measure.id, measure.input);
    if (opened === undefined) return;
    await this.job!.commit(machine.measureStarted(this.is, opened, now()));
  }

  async close(): Promise<ContainmentOutcome> {
    await waitUntil(undefined, () => this.turns.waiting === 0);
    if (this.is.phase === 'closed') await this.lossesTaken();
    if (await this.job!.rests(this.turns)) {
      const unread = this.inboxes.flatMap((inbox) => inbox.unread());
      await continueAsNew<typeof containment>({ v: 1, resume: true, ...(unread.length > 0 && { unread }) });
    }
    return { stage: machine.containmentStage(this.is) };
  }
}

/** Does any of those that look after the function take the loss? */
async function toldAny(suspensions: readonly string[], loss: LossConfirmed): Promise<boolean> {
  let taken = false;
  for (const suspension of suspensions) if (await told(suspension, loss)) taken = true;
  return taken;
}

/** Not when its run is gone, whatever the register says. */
async function told(suspension: string, loss: LossConfirmed): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(suspension).signal(lossConfirmed, loss);
    return true;
  } catch {
    log.warn('the suspension that looks after the function has no run: the loss is decided here', { suspension });
    return false;
  }
}

const wrongId = (id: string) => ({
  en: `The workflow id and the input do not fit: for this incident and target the id is ${id}. Start it again under that id.`,
  ja: `ワークフローIDと入力が合いません。この事案と対象のIDは ${id} です。このIDで起動し直してください。`,
});

import {
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  log,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Decision } from '../domain/decision.js';
import { examples } from '../domain/examples.js';
import { parseWorkflowId, roundId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { DAY, durationMillis, earliest, HOUR, plus, type Instant } from '../domain/instant.js';
import { signalNotUnderstood } from '../domain/notUnderstood.js';
import * as machine from '../domain/providerInspection.js';
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
  type DecisionDates,
  type InspectionState,
} from '../domain/providerInspection.js';
import type { Json } from '../domain/json.js';
import { Resume } from '../domain/resume.js';
import type { Authorised } from '../domain/roster.js';
import type { Change } from '../domain/transition.js';
import { inspectionStanding, wordsFor } from '../domain/wording/providerInspection.js';
import { control, register } from './shared/activities.js';
import { now, uninterrupted } from './shared/clock.js';
import { authorised, inTurn, takeDecisions } from './shared/decision.js';
import { Inbox, tellConfusion, unreadFirst } from './shared/inbox.js';
import { Job } from './shared/job.js';
import { takeReconcile } from './shared/reconcile.js';
import { refused, refusing } from './shared/refuse.js';
import { OneAtATime } from './shared/turns.js';

export const answersGiven = defineSignal<[AnswersGiven]>('answersGiven');
export const roundClosed = defineSignal<[{ v: 1; round: string }]>('roundClosed');
export const proposeEvaluation = defineUpdate<{ digest: string }, [ProposeEvaluationInput]>('proposeEvaluation');
export const commitRemediation = defineUpdate<{ due: Instant }, [CommitRemediationInput]>('commitRemediation');
export const acceptRisk = defineUpdate<{ digest: string }, [AcceptRiskInput]>('acceptRisk');
export const mailBounced = defineSignal<[MailBounced]>('mailBounced');
export const replyReceived = defineSignal<[ReplyReceived]>('replyReceived');
export const reopen = defineUpdate<{ phase: string }, [ReopenInput]>('reopen');
export const inspectionState = defineQuery<InspectionState | undefined>('standing');

export interface InspectionOutcome {
  readonly result: string;
}

/** One unit of a round: asked, answered, evaluated by two, asked again, discussed, mended, inspected again. */
export async function providerInspection(input?: unknown): Promise<InspectionOutcome> {
  const unit = new Inspection();
  return uninterrupted(
    async () => {
      await unit.open(input); //              scoping: what applies by its service form

      while (unit.goesOn) {
        await unit.mailed(); //               request, reminder, follow-up
        await unit.dueTold(); //              to its round, which shows it
        await unit.somethingHappened(); //    answers, a decision, a clock
        await unit.confusionTold(); //        a signal that cannot be read
        await unit.answersTaken();
        await unit.mailsBack(); //            bounces, and replies by mail
        await unit.clockStruck(); //          reminders, overdue, escalation, a promise that comes due
        await unit.roundEnded();
        await unit.told(); //                 its round, when the result changed
      }
      return unit.close();
    },
    // Cancel ends no inspection: an open one stays on somebody's desk.
    () => undefined,
  );
}

class Inspection {
  private job: Job<InspectionState> | undefined;
  private opened!: () => void;
  private readonly turns = new OneAtATime();
  private readonly answers = new Inbox('answersGiven', AnswersGiven, examples.answersGiven);
  private readonly ends = new Inbox('roundClosed', RoundClosed, examples.roundClosed);
  private readonly bounces = new Inbox('mailBounced', MailBounced, examples.mailBounced);
  private readonly replies = new Inbox('replyReceived', ReplyReceived, examples.replyReceived);
  private readonly inboxes = [this.answers, this.ends, this.bounces, this.replies] as const;
  private dates: DecisionDates | undefined;
  /** Not before then is this mail tried again, and how often it was. */
  private mailBan: { readonly n: number; readonly until: Instant; readonly tries: number } | undefined;
  /** Is the round told of each due day? Asked where the run begins: afterwards no place is safe (docs/technical.md). */
  private readonly tellsDue = patched('next-due-told');
  private roundKnows: { readonly result: string; readonly due: Instant | undefined } | undefined;

  constructor() {
    const opened = new Promise<void>((resolve) => (this.opened = resolve));
    const taken = <T>(work: () => Promise<T>) => inTurn(() => this.job, opened, this.turns, work);
    takeDecisions(() => this.job, opened, this.turns, {
      bars: (state, { subject }) => ({
        proposer: subject === 'evaluation' ? state.proposed?.by : subject === 'notApplicable' ? state.by : undefined,
        unitOwner: state.owner,
      }),
      votes: (state) => state.votes,
      prepare: (state, decision) => this.datesFor(state, decision),
      apply: (state, decision, authority, at) => machine.decideInspection(state, decision, authority, this.dates!, at),
    });
    setHandler(answersGiven, (input) => this.answers.take(input), {
      description: 'Answers of the provider are in the register, or here. ／ 回答を受け取った',
    });
    setHandler(mailBounced, (input) => this.bounces.take(input), {
      description: 'A mail of ours came back. ／ メールの不達',
    });
    setHandler(replyReceived, (input) => this.replies.take(input), {
      description: 'The provider answered by mail; the text is in the register. ／ メールの返信',
    });
    setHandler(acceptRisk, (input) => taken(() => this.takeRisk(input)), {
      description: 'First of two persons: live with failing items until a day. ／ リスクの受容を提案する',
      validator: (input) => refusing(() => void parseInput(AcceptRiskInput, input, examples.acceptRisk)),
    });
    setHandler(roundClosed, (input) => this.ends.take(input), { description: 'The round is closed. ／ 点検の終了' });
    setHandler(proposeEvaluation, (input) => taken(() => this.takeEvaluation(input)), {
      description: 'First evaluator: propose the results of all answered items. ／ 評価を提案する',
      validator: (input) => refusing(() => void parseInput(ProposeEvaluationInput, input, examples.proposeEvaluation)),
    });
    setHandler(commitRemediation, (input) => taken(() => this.takeRemediation(input)), {
      description: 'Enter the day by which the unit promises to mend. ／ 是正期日を登録する',
      validator: (input) => refusing(() => void parseInput(CommitRemediationInput, input, examples.commitRemediation)),
    });
    setHandler(reopen, (input) => taken(() => this.takeReopening(input)), {
      description: 'Second line: reopen a result. ／ 結果を再評価に戻す',
      validator: (input) => refusing(() => void parseInput(ReopenInput, input, examples.reopen)),
    });
    takeReconcile(() => this.job);
    setHandler(inspectionState, () => this.job?.state, { description: 'The whole state. ／ 現在の状態' });
  }

  /** What a decision may start, read before the state is looked at again. */
  private async datesFor(state: InspectionState, { subject, verdict }: Decision): Promise<void> {
    const dates = await register.decisionDates({ at: now(), asks: machine.asksKind(state) });
    if (subject !== 'notApplicable' || verdict !== 'return') return void (this.dates = dates);
    const scoped = await register.scopeUnit({ unit: state.unit });
    if (scoped.kind === 'refused') throw refused(scoped.sentence);
    this.dates = { ...dates, scope: scoped.scope };
  }

  private get is(): InspectionState {
    return this.job!.state;
  }

  get goesOn(): boolean {
    return this.job!.goesOn;
  }

  async open(raw: unknown): Promise<void> {
    const { workflowId } = workflowInfo();
    const { incident: round, name: unit } = refusing(() => parseWorkflowId('providerInspection', workflowId));
    const resume = Resume.safeParse(raw).data;
    const unread = resume?.unread ?? [];
    const first = unreadFirst(unread);
    const reopening = machine.isReopening(raw)
      ? refusing(() => parseInput(ReopenedInspectionInput, raw, examples.reopenClosed)).reopen
      : undefined;
    const input =
      resume || reopening
        ? undefined
        : refusing(() => parseInput(ProviderInspectionInput, raw, examples.providerInspection));
    if (input && (input.round !== round || input.unit !== unit)) throw refused(wrongId(round, unit));
    const opened = await register.openInspection({ workflowId, at: now(), ...(input && { input }) });
    if (opened.kind === 'refused') throw refused(opened.sentence);
    this.job = Job.of(
      {
        job: 'providerInspection',
        stage: machine.inspectionStage,
        closed: machine.inspectionOver,
        questions: machine.inspectionQuestions,
        zone: (state) => state.terms.zone,
        standing: inspectionStanding,
      },
      opened,
      (plan) => machine.openInspection(workflowId, plan, now()),
    );
    await this.job.begin();
    for (const inbox of this.inboxes) inbox.takeUnread(unread, first);
    // What the round said while nobody listened.
    if (opened.kind === 'resumed') {
      if (!this.is.roundClosed && (await register.roundIsClosed({ round })))
        await this.job.commit(machine.roundClosed(this.is, now()));
      await this.roundEnded();
    }
    if (reopening) await this.takeReopening(reopening);
    // The round knows what it started itself.
    if (opened.kind === 'resumed' || !workflowInfo().parent) await this.told();
    this.opened();
  }

  /** One try; what the relay cannot take now is tried again later, while everything else goes on. */
  async mailed(): Promise<void> {
    const { mail, id, incident, framework, lastEvaluation } = this.is;
    if (!mail || !this.goesOn || this.mailWaits !== undefined) return;
    const request = mail.kind === 'request' || mail.kind === 'follow-up' ? mail.kind : undefined;
    const asks = request && (await register.askDates({ kind: request, at: now() }));
    const due = asks?.due ?? (mail.kind === 'remediation-reminder' ? this.is.remediation?.due : this.is.asked?.due);
    if (this.is.mail?.n !== mail.n || !due) return;
    const wanted = {
      workflowId: id,
      round: incident,
      framework,
      due,
      at: now(),
      ...(this.asksAgain && lastEvaluation !== undefined && { asksAgain: lastEvaluation }),
    };
    // The page must show what the mail speaks of before anybody opens it.
    if (mail.kind !== 'remediation-reminder') await register.publishQuestionnaire({ ...wanted, open: true });
    const sent = await control.mailProvider({ ...wanted, kind: mail.kind, n: mail.n });
    if (sent.kind === 'sent') {
      this.mailBan = undefined;
      await this.job!.commit(machine.mailed(this.is, mail.n, now(), asks, sent.ambiguous));
      return;
    }
    const tries = this.mailBan?.n === mail.n ? this.mailBan.tries + 1 : 1;
    const pause = sent.kind === 'later' ? this.pause(tries, sent.afterSeconds * 1000) : DAY;
    this.mailBan = { n: mail.n, until: plus(now(), pause), tries };
    await this.job!.commit(machine.mailFailed(this.is, mail.n, sent, now()));
  }

  /** Twice as long each time, and not longer than some hours: a relay that is down for a day is not asked a thousand times. */
  private pause(tries: number, asked: number): number {
    const first = durationMillis(this.is.terms.inspection.mailRetryEvery);
    return Math.max(asked, Math.min(first * 2 ** (tries - 1), LONGEST_PAUSE));
  }

  /** Until when the mail that is to go out has to wait. */
  private get mailWaits(): Instant | undefined {
    const { mailBan: ban } = this;
    return ban && ban.n === this.is.mail?.n && ban.until > now() ? ban.until : undefined;
  }

  /** What was asked again is marked as such on the page for as long as it is open. */
  private get asksAgain(): boolean {
    return this.is.phase === 'FOLLOW_UP_REQUESTED';
  }

  async somethingHappened(): Promise<void> {
    const { sequence } = this.is;
    if (this.is.mail && this.mailWaits === undefined) return;
    await this.job!.wait(
      earliest(machine.nextClock(this.is), this.mailWaits),
      () =>
        this.inboxes.some((inbox) => inbox.next !== undefined || inbox.nextNotUnderstood !== undefined) ||
        this.is.sequence !== sequence,
      'inspection ／ 点検',
    );
  }

  /** A signal cannot be answered: people are told that one could not be read. */
  confusionTold(): Promise<void> {
    return tellConfusion(this.job!, this.inboxes);
  }

  async answersTaken(): Promise<void> {
    for (let given = this.answers.next; given && !this.job!.apart; given = this.answers.next) {
      const { id, framework, incident } = this.is;
      const taken = await register.takeAnswers({ workflowId: id, given, framework, at: now() });
      const change =
        taken.kind === 'taken'
          ? machine.answered(this.is, taken.taken, now())
          : signalNotUnderstood(this.is, { signal: 'answersGiven', problem: taken.sentence }, now());
      if (!(await this.job!.recorded(change))) return;
      this.answers.taken();
      if (taken.kind === 'taken')
        await register.publishQuestionnaire({
          workflowId: id,
          round: incident,
          framework,
          ...(this.is.asked && { due: this.is.asked.due }),
          ...(this.asksAgain && this.is.lastEvaluation !== undefined && { asksAgain: this.is.lastEvaluation }),
          open: !machine.inspectionOver(this.is),
          at: now(),
        });
    }
  }

  async mailsBack(): Promise<void> {
    for (let bounce = this.bounces.next; bounce && !this.job!.apart; bounce = this.bounces.next) {
      const change = machine.knowsMail(this.is, bounce.key)
        ? machine.mailBounced(this.is, bounce.key, now())
        : signalNotUnderstood(this.is, { signal: 'mailBounced', problem: noSuchMail(this.is.id) }, now());
      if (await this.job!.recorded(change)) this.bounces.taken();
    }
    for (let reply = this.replies.next; reply && !this.job!.apart; reply = this.replies.next)
      if (await this.job!.recorded(machine.replied(this.is, reply.reply, now()))) this.replies.taken();
  }

  async clockStruck(): Promise<void> {
    for (;;) {
      if (!this.goesOn) return;
      const at = now();
      const changes = [...machine.CLOCKS];
      const struck = changes.map((clock) => clock(this.is, at)).find(({ entries }) => entries.length > 0);
      if (!struck) return;
      await this.job!.commit(struck);
    }
  }

  async roundEnded(): Promise<void> {
    if (this.ends.next && (await this.job!.recorded(machine.roundClosed(this.is, now())))) this.ends.taken();
    const ended = machine.closeIfSettled(this.is, now());
    if (ended.entries.length > 0 && this.goesOn) await this.job!.commit(ended);
  }

  /** The round may be over, or not started yet: then nobody listens, and the register tells. */
  async told(): Promise<void> {
    if (this.is.phase === 'CLOSED') return;
    const result = machine.publishedResult(this.is.phase);
    if (result === this.roundKnows?.result || this.job!.apart) return;
    await this.tell(result);
  }

  /** What the unit owes next changes with mails and promises, its result does not. */
  async dueTold(): Promise<void> {
    const { phase } = this.is;
    if (!this.tellsDue || phase === 'CLOSED' || this.due === this.roundKnows?.due || this.job!.apart) return;
    await this.tell(machine.publishedResult(phase));
  }

  private get due(): Instant | undefined {
    return machine.nextDue(this.is) ?? this.is.overdueSince;
  }

  private async tell(result: machine.PublishedResult): Promise<void> {
    const { due } = this;
    this.roundKnows = { result, due };
    try {
      await getExternalWorkflowHandle(roundId(this.is.incident)).signal('unitMoved', {
        v: 1,
        unit: this.is.unit,
        result,
        sequence: this.is.sequence,
        ...(due && { due }),
      });
    } catch {
      log.info('no round listens to this inspection');
    }
  }

  /**
   * Everything is written and everybody answered. A run that only grew too long goes on as a new one, and so does one that
   * found the inspection closed and was told to reopen it.
   */
  async close(): Promise<InspectionOutcome> {
    if (await this.job!.rests(this.turns)) {
      const unread = this.inboxes.flatMap((inbox) => inbox.unread());
      await continueAsNew<typeof providerInspection>({ v: 1, resume: true, ...(unread.length > 0 && { unread }) });
    }
    const { id, incident, framework } = this.is;
    await register.publishQuestionnaire({ workflowId: id, round: incident, framework, open: false, at: now() });
    // What came in this very moment is kept, and on record as late.
    await this.answersTaken();
    return { result: this.is.closedAs! };
  }

  private async mayPropose(rule: string, by: string, verdict = 'propose'): Promise<Authorised> {
    const authority = await authorised({
      rule: `providerInspection.${rule}`,
      verdict,
      by,
      at: now(),
      // The owner of a unit says by when it is mended; he judges nothing of it.
      ...(rule !== 'commitRemediation' && { unitOwner: this.is.owner }),
      votes: [],
    });
    return authority;
  }

  private async takeEvaluation(raw: unknown): Promise<{ digest: string }> {
    const input = parseInput(ProposeEvaluationInput, raw, examples.proposeEvaluation);
    await this.mayPropose('proposeEvaluation', input.by);
    // What does not fit is refused before anything is kept.
    refusing(() => machine.proposeEvaluation(this.is, input, '', now()));
    const { id, proposals, submissions } = this.is;
    const seen = machine.seenWhenFailed(this.is);
    const stored = await register.storeEvaluation({ workflowId: id, input, n: proposals + 1, seen, at: now() });
    if (stored.kind === 'refused') throw refused(stored.sentence);
    // An answer that came in while this was kept was not looked at.
    if (this.is.submissions.length !== submissions.length)
      throw refused(wordsFor(this.is).answersMoved(this.is.submissions.at(-1)!));
    await this.job!.commit(refusing(() => machine.proposeEvaluation(this.is, input, stored.digest, now())));
    return { digest: stored.digest };
  }

  private async takeRemediation(raw: unknown): Promise<{ due: Instant }> {
    const input = parseInput(CommitRemediationInput, raw, examples.commitRemediation);
    await this.mayPropose('commitRemediation', input.by);
    const dates = await register.remediationDates({ due: input.due, at: now() });
    if (dates.kind === 'refused') throw refused(dates.sentence);
    await this.job!.commit(refusing(() => machine.commitRemediation(this.is, input, dates.dates, now())));
    return { due: dates.dates.due.at };
  }

  private async takeRisk(raw: unknown): Promise<{ digest: string }> {
    const input = parseInput(AcceptRiskInput, raw, examples.acceptRisk);
    const authority = await this.mayPropose('acceptRisk', input.by, 'accept');
    const { id, sequence } = this.is;
    const digest = await register.digestOf({ proposed: { id, sequence, input: input as unknown as Json } });
    await this.job!.commit(refusing(() => machine.proposeRisk(this.is, input, digest, authority, now())));
    return { digest };
  }

  private async takeReopening(raw: unknown): Promise<{ phase: string }> {
    const input = parseInput(ReopenInput, raw, examples.reopen);
    await this.mayPropose('reopen', input.by, 'reopen');
    refusing(() => machine.requireReopenable(this.is));
    // Where nothing applied there is nothing to evaluate: the unit's form as it stands now says what applies.
    if (Object.keys(this.is.items).length === 0) {
      await this.job!.commit(await this.scopedAgain(input.by, input.reason));
      return { phase: this.is.phase };
    }
    const { evaluation } = await register.decisionDates({ at: now() });
    await this.job!.commit(refusing(() => machine.reopen(this.is, input.by, input.reason, evaluation, now())));
    return { phase: this.is.phase };
  }

  private async scopedAgain(by: string, reason: string): Promise<Change<InspectionState>> {
    const scoped = await register.scopeUnit({ unit: this.is.unit });
    if (scoped.kind === 'refused') throw refused(scoped.sentence);
    return machine.scopeAgain(this.is, scoped.scope, { by, reason }, now());
  }
}

/** Between two tries of a mail, in milliseconds. */
const LONGEST_PAUSE = 2 * HOUR;

const noSuchMail = (id: string) => ({
  en: `The field "key" names no mail of ${id}. Take it from the register, or have "hikeshi mail take" read the returned mail.`,
  ja: `「key」は ${id} のメールではありません。台帳の値を指定するか、hikeshi mail take で返送メールを読み込んでください。`,
});
const wrongId = (round: string, unit: string) => ({
  en: `The fields "round" and "unit" must be ${round} and ${unit}, as in the workflow id. Change one of the two.`,
  ja: `「round」と「unit」はワークフローIDと同じ ${round}、${unit} にしてください。どちらかを直してください。`,
});

import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Question } from '../../domain/decision.js';
import { standingDetails } from '../../domain/wording/standing.js';
import type { Instant, Zone } from '../../domain/instant.js';
import type { JobName } from '../../domain/ids.js';
import type { Json } from '../../domain/json.js';
import type { Beginning } from '../../domain/resume.js';
import type { Sentence } from '../../domain/sentence.js';
import type { Change, Transition } from '../../domain/transition.js';
import { control, register } from './activities.js';
import { freshRunWanted, now, waitThrough, waitUntil } from './clock.js';

const attributes = {
  incident: defineSearchAttributeKey('IncidentId', SearchAttributeType.KEYWORD),
  job: defineSearchAttributeKey('Job', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD),
  needsHuman: defineSearchAttributeKey('NeedsHuman', SearchAttributeType.BOOL),
  nextDeadline: defineSearchAttributeKey('NextDeadline', SearchAttributeType.DATETIME),
};

interface JobState {
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
}

/** How a job's state is shown and saved. */
export interface JobView<S> {
  readonly job: JobName;
  stage(state: S): string;
  closed(state: S): boolean;
  questions(state: S): readonly Question[];
  zone(state: S): Zone;
  /** Where it stands, in a sentence. */
  standing(state: S): Sentence;
  /** Tables beside it, in Markdown. */
  tables?(state: S, at: Instant): string;
}

/**
 * The state of one workflow, and the only way to change it: a change made by the job's pure machine is applied at once
 * and written to the register in order, several at a time when they come quickly.
 */
export class Job<S extends JobState> {
  state: S;
  private pending: Transition[] = [];
  private writing: Promise<void> | undefined;
  private calling: Promise<unknown> = Promise.resolve();
  private shown = '';
  /** The register holds another story under our keys: nothing is written any more until a person reconciles. */
  diverged = false;
  /** A task of this very run was lost after it wrote: nothing is written any more, and the next run goes on from the register. */
  behind = false;
  /** A person wants to go on with what the register holds. */
  reconcileWanted = false;

  private constructor(
    private readonly view: JobView<S>,
    private readonly first: Change<S>,
    private readonly resumed: boolean,
  ) {
    this.state = first.state;
    this.show();
  }

  /** A job planned just now, or as the register holds it. Whoever asks is answered from here on; then `begin`. */
  static of<P, S extends JobState>(view: JobView<S>, opened: Beginning<P, S>, plan: (plan: P) => Change<S>): Job<S> {
    return opened.kind === 'planned'
      ? new Job(view, plan(opened.plan), false)
      : new Job(view, { state: opened.state, entries: [] }, true);
  }

  /** Writes the plan, if it is a new one. */
  async begin(): Promise<void> {
    await this.commit(this.first);
    // The run before may have been lost before it called anybody.
    if (this.resumed) this.call();
  }

  /** May the procedure go on in this run? Not when it is over, when history and register went apart, or a fresh run is wanted. */
  get goesOn(): boolean {
    return !this.apart && !this.view.closed(this.state) && !freshRunWanted();
  }

  /** What this run says is not what the register holds. */
  get apart(): boolean {
    return this.diverged || this.behind;
  }

  questions(): readonly Question[] {
    return this.apart ? [] : this.view.questions(this.state);
  }

  /** Like `waitUntil`; also ends when the job is over or must not go on. */
  async wait(at: Instant | undefined, until: () => boolean, summary?: string): Promise<void> {
    await waitUntil(at, () => !this.goesOn || until(), summary);
  }

  /** Applies a change and resolves when the register has it. */
  async commit(change: Change<S>): Promise<void> {
    this.apply(change);
    await this.written();
  }

  /** Commits a change. What a signal told is taken once the register has it; until then it waits, for a later run if need be. */
  async recorded(change: Change<S>): Promise<boolean> {
    await this.commit(change);
    return !this.apart;
  }

  /** Applies a change and shows it; the register gets it with the next one that is committed. */
  apply(change: Change<S>): void {
    const recordedAt = now();
    const first = this.state.sequence + 1;
    const transitions = change.entries.map((entry, index) => ({ ...entry, sequence: first + index, recordedAt }));
    this.state = { ...change.state, sequence: this.state.sequence + transitions.length };
    this.pending.push(...transitions);
    this.show();
  }

  /** Everything said so far is in the register, and whoever had to be called was called or will be by the sweep. */
  async finished(): Promise<void> {
    await this.written();
    await this.calling;
  }

  /**
   * Everything is written, and everybody in these turns answered.
   * @returns whether a new run has to go on: this one only grew too long, or went apart from the register
   */
  async rests(turns: { readonly waiting: number }): Promise<boolean> {
    // Whoever comes while the last calls are made is answered too.
    do {
      await waitThrough(() => turns.waiting === 0);
      await this.finished();
    } while (turns.waiting > 0);
    // However long the history has become: nobody but a person makes the register the truth.
    if (this.diverged) await waitThrough(() => this.reconcileWanted);
    return this.apart || !this.view.closed(this.state);
  }

  /** Does the register have everything that was applied? */
  get isWritten(): boolean {
    return this.pending.length === 0 && !this.writing;
  }

  /** Resolves when the register has everything that was applied. */
  async written(): Promise<void> {
    while (!this.isWritten) {
      this.writing ??= this.write().finally(() => (this.writing = undefined));
      await this.writing;
    }
  }

  private async write(): Promise<void> {
    // What else happens at this very moment is written with it.
    await Promise.resolve();
    const transitions = this.pending;
    this.pending = [];
    if (this.apart || transitions.length === 0) return;
    const questions = this.questions();
    const nextDeadline = earliestDue(questions);
    const recorded = await register.record({
      workflowId: this.state.id,
      job: this.view.job,
      incident: this.state.incident,
      stage: this.view.stage(this.state),
      closed: this.view.closed(this.state),
      needsHuman: questions.length > 0,
      ...(nextDeadline && { nextDeadline }),
      state: this.state as unknown as Json,
      sequence: transitions.at(-1)!.sequence,
      transitions,
    });
    if (recorded.kind === 'behind') this.behind = true;
    if (recorded.kind === 'diverged') {
      this.diverged = true;
      this.show();
    }
    if (
      recorded.kind === 'diverged' ||
      transitions.some(({ rows }) => rows.some((row) => row.do === 'openTask' && row.call))
    )
      this.call();
  }

  /** Calls whoever has an open task and was not called yet. */
  call(): void {
    this.calling = this.calling.then(() => control.callPeople({ workflowId: this.state.id, at: now() }));
  }

  private show(): void {
    const questions = this.questions();
    const stage = this.diverged ? 'DIVERGED' : this.view.stage(this.state);
    setCurrentDetails(
      standingDetails({
        stage,
        standing: this.view.standing(this.state),
        ...(this.view.tables && { tables: this.view.tables(this.state, now()) }),
        questions,
        zone: this.view.zone(this.state),
        diverged: this.diverged,
      }),
    );
    const needsHuman = this.diverged || questions.length > 0;
    const nextDeadline = earliestDue(questions);
    const shown = [stage, needsHuman, nextDeadline].join(' ');
    if (shown === this.shown) return;
    this.shown = shown;
    upsertSearchAttributes([
      { key: attributes.incident, value: this.state.incident },
      { key: attributes.job, value: this.view.job },
      { key: attributes.stage, value: stage },
      { key: attributes.needsHuman, value: needsHuman },
      { key: attributes.nextDeadline, value: nextDeadline ? new Date(nextDeadline) : null },
    ]);
  }
}

function earliestDue(questions: readonly Question[]): Instant | undefined {
  return questions
    .map(({ due }) => due)
    .filter((due) => due !== undefined)
    .sort()[0];
}

import { recordDecision, voteOf } from '../decided.js';
import { answered as answersQuestion, type Decision, type Question } from '../decision.js';
import { DAY, millis, plus, type Instant } from '../instant.js';
import { instant } from '../instant.js';
import type { Json } from '../json.js';
import type { PublishedResult } from '../providerInspection/state.js';
import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import type { Authorised } from '../roster.js';
import type { Change, Entry, Row } from '../transition.js';
import { roundWords } from '../wording/inspectionRound.js';
import { incompleteUnits, isRunning, type RoundPlan, type RoundState, type UnitMoved } from './state.js';

function entry(state: RoundState, kind: string, at: Instant, content: Json, rows: Row[] = []): Entry {
  return { entity: state.id, kind, effectiveAt: at, content, rows: [noteRound(state), ...rows] };
}

function noteRound(state: RoundState): Row {
  return {
    do: 'noteRound',
    round: state.incident,
    title: state.title,
    phase: state.phase,
    openedAt: state.openedAt ?? null,
    target: state.target as unknown as Json,
    predictedEnd: state.predicted?.date ?? null,
    reportedAt: state.reportedAt ?? null,
    slipDays: state.slipDays ?? null,
  };
}

const task = (
  subject: string,
  asks: ReturnType<typeof roundWords>['open'],
  verdict: string,
  digest: string,
  due?: Instant,
): Row => ({
  do: 'openTask',
  subject,
  roles: ['incidentCommander'],
  call: true,
  asks,
  ...(due && { due }),
  send: { update: 'decide', json: { v: 1, subject, verdict, by: '<your id>', reason: '<why>', digest } },
});

const close = (subject: string): Row => ({ do: 'closeTasks', subject });

/** The plan: which units, by when. The task force's lead approves it. */
export function planRound(id: string, plan: RoundPlan, at: Instant): Change<RoundState> {
  const { input } = plan;
  const state: RoundState = {
    v: 1,
    id,
    incident: input.round,
    sequence: 0,
    title: input.title,
    by: input.by,
    digest: plan.digest,
    phase: 'PLANNED',
    units: Object.fromEntries(plan.units.map((unit) => [unit, 'NOT_ANSWERED' satisfies PublishedResult])),
    groups: plan.groups,
    basis: plan.basis,
    target: plan.target,
    approval: plan.approval,
    all: input.units === undefined,
    proposals: 0,
    warnings: [],
    reports: 0,
    started: false,
    votes: [],
    receipts: {},
    terms: plan.terms,
  };
  return {
    state,
    entries: [
      entry(
        state,
        'planned',
        at,
        {
          by: input.by,
          reason: input.reason,
          units: plan.units.length,
          target: plan.target.at,
          arithmetic: plan.target.arithmetic,
        },
        [task('open', roundWords(state).open, 'open', state.digest, state.approval.at)],
      ),
    ],
  };
}

export function roundQuestions(state: RoundState): Question[] {
  const words = roundWords(state);
  const question = (
    subject: string,
    verdicts: readonly string[],
    digest: string,
    asks = words.open,
    due?: Instant,
  ): Question => ({
    subject,
    rule: `inspectionRound.${subject}`,
    verdicts,
    digest,
    asks,
    otherwise: words.otherwise,
    ...(due && { due }),
  });
  if (state.phase === 'PLANNED')
    return [question('open', ['open', 'refuse'], state.digest, words.open, state.approval.at)];
  const questions: Question[] = [];
  if (state.proposed) questions.push(question('report', ['publish', 'return'], state.proposed.digest, words.report));
  if (state.phase === 'REPORTED') questions.push(question('close', ['close'], closeDigest(state), words.close));
  return questions;
}

const closeDigest = (state: RoundState) => `${state.digest}-${state.reports}`;

/** Approval of the plan, release of a report, end of the round. */
export function decideRound(
  state: RoundState,
  decision: Decision,
  authority: Authorised,
  at: Instant,
): Change<RoundState> {
  const { due } = answersQuestion(roundQuestions(state), decision, roundWords(state).notNow);
  const late = due !== undefined && at > due;
  const { subject, verdict, by, reason, digest } = decision;
  const row = recordDecision(decision, authority, late);
  const content = { subject, verdict, by, role: authority.role, reason, late };
  if (!authority.complete) {
    const vote = voteOf(decision, authority, at);
    const voted = { ...state, votes: [...state.votes, vote] };
    return { state: voted, entries: [entry(voted, 'voted', at, content, [row])] };
  }
  const decided: RoundState = { ...state, votes: [] };
  const done = (next: RoundState, kind: string, more: Json = {}, rows: Row[] = []): Change<RoundState> => ({
    state: next,
    entries: [entry(next, kind, at, { ...content, ...(more as object) }, [row, close(subject), ...rows])],
  });
  if (subject === 'open') {
    if (verdict === 'refuse') return done({ ...decided, phase: 'REFUSED' }, 'refused');
    return done({ ...decided, phase: 'OPEN', openedAt: at, warnings: warningsOf(state, at) }, 'opened');
  }
  if (subject === 'close') return done({ ...decided, phase: 'CLOSED' }, 'closed');
  const { proposed, ...rest } = decided;
  if (verdict === 'return') return done(rest, 'reportReturned');
  const slipDays = slip(state, at);
  const next: RoundState = { ...rest, phase: 'REPORTED', reports: state.reports + 1, reportedAt: at, slipDays };
  // What is released is what was shown, the incomplete named in it included.
  return done(next, 'reported', { digest, incomplete: [...proposed!.incomplete], slipDays }, [
    task('close', roundWords(next).close, 'close', closeDigest(next)),
  ]);
}

/** Calendar days after the target; 0 in time. */
function slip({ target, terms }: RoundState, at: Instant): number {
  const minutes =
    terms.zone.offsets.filter(({ from }) => from <= at).at(-1)?.minutes ?? terms.zone.offsets[0]?.minutes ?? 0;
  const day = new Date(millis(at) + minutes * 60_000).toISOString().slice(0, 10);
  const due = target.date ?? target.at.slice(0, 10);
  return Math.max(0, Math.round((Date.parse(day) - Date.parse(due)) / DAY));
}

/** Shares of the time from the opening to the target. */
function warningsOf({ target, terms }: RoundState, opened: Instant): Instant[] {
  const span = millis(target.at) - millis(opened);
  if (span <= 0) return [];
  return terms.inspection.roundWarnings.map((share) => instant(millis(opened) + Math.round(span * share))).sort();
}

/** Units whose inspection could not be started, each with the reason; and units that the approved plan does not name. */
export interface NotAsked {
  readonly refused: Readonly<Record<string, Sentence>>;
  readonly unplanned: readonly string[];
}

/** Inspections were started. A unit that cannot be asked stays in the round, incomplete, and people are called. */
export function roundStarted(state: RoundState, { refused, unplanned }: NotAsked, at: Instant): Change<RoundState> {
  const next: RoundState = { ...state, started: true };
  const out = Object.keys(refused).sort();
  const started = Object.keys(state.units).length - out.length;
  const entries = [entry(next, 'inspectionsStarted', at, { units: started })];
  const call = (subject: string, asks: Sentence): Row => ({
    do: 'openTask',
    subject,
    roles: ['providerManager', 'incidentCommander'],
    call: true,
    asks,
  });
  if (out.length > 0)
    entries.push(
      entry(next, 'alarm.unitsNotAsked', at, { units: out, why: out.map((unit) => refused[unit]!.en) }, [
        call('notAsked', roundWords(next).notAsked(out)),
      ]),
    );
  if (state.all && unplanned.length > 0)
    entries.push(
      entry(next, 'alarm.unitsNotPlanned', at, { units: [...unplanned] }, [
        call('notPlanned', roundWords(next).notPlanned(unplanned)),
      ]),
    );
  return { state: next, entries };
}

/**
 * A unit's result changed. One that the plan did not name widens the round, on record. A report that waits for its
 * release is not true any more. What was heard before, or is older than what was, changes nothing; what it owes next is
 * shown, and is no news of the round.
 */
export function unitMoved(before: RoundState, moved: UnitMoved, at: Instant): Change<RoundState> {
  const { unit, result, sequence, due } = moved;
  if (sequence !== undefined && sequence <= (before.heard?.[unit] ?? 0)) return { state: before, entries: [] };
  const heard = sequence === undefined ? before : { ...before, heard: { ...before.heard, [unit]: sequence } };
  const state = owing(heard, unit, due);
  if (state.units[unit] === result) return { state, entries: [] };
  const added = state.units[unit] === undefined;
  const units = { ...state.units, [unit]: result };
  const { proposed, ...rest } = state;
  const next: RoundState = { ...rest, votes: [], units, phase: phaseBy(state, units) };
  const content = { unit, result, ...(next.phase !== state.phase && { round: next.phase }) };
  const outdated: Row[] = proposed
    ? [
        close('report'),
        {
          do: 'openTask',
          subject: 'report',
          roles: ['providerManager', 'ciso'],
          call: true,
          asks: roundWords(next).reportOutdated(unit),
          send: { update: 'proposeReport', json: { v: 1, by: '<your id>' } },
        },
      ]
    : [];
  const kind = added ? 'unitAdded' : 'unitMoved';
  return {
    state: next,
    entries: [entry(next, kind, at, { ...content, ...(proposed && { outdates: proposed.digest }) }, outdated)],
  };
}

function owing(state: RoundState, unit: string, due: Instant | undefined): RoundState {
  if (state.dues?.[unit] === due) return state;
  const { [unit]: _before, ...dues } = state.dues ?? {};
  return { ...state, dues: due === undefined ? dues : { ...dues, [unit]: due } };
}

/** A round that was reported stays so; before, it follows its units. */
function phaseBy(state: RoundState, units: RoundState['units']): RoundState['phase'] {
  if (!['OPEN', 'ALL_ANSWERED', 'EVALUATED'].includes(state.phase)) return state.phase;
  if (incompleteUnits({ units }).length === 0) return 'EVALUATED';
  return Object.values(units).includes('NOT_ANSWERED') ? 'OPEN' : 'ALL_ANSWERED';
}

/** When it next does something by itself. */
export function roundClock(state: RoundState): Instant | undefined {
  if (state.phase === 'PLANNED') return state.approvalLate ? undefined : plus(state.approval.at, 1);
  if (!isRunning(state)) return undefined;
  if (state.warnings[0] !== undefined) return state.warnings[0];
  // A report of a part, before the target, does not meet it.
  const met = state.phase === 'REPORTED' && incompleteUnits(state).length === 0;
  return state.targetMissed || met ? undefined : plus(state.target.at, 1);
}

/** Nobody approved the plan in time: nobody is asked, and the target comes nearer. */
export function approvalLate(state: RoundState): Change<RoundState> {
  if (state.phase !== 'PLANNED' || state.approvalLate) return { state, entries: [] };
  const next: RoundState = { ...state, approvalLate: true };
  const { approval } = state;
  return {
    state: next,
    entries: [
      entry(next, 'alarm.planNotApproved', approval.at, { arithmetic: approval.arithmetic }, [
        close('open'),
        task('open', roundWords(next).open, 'open', state.digest, approval.at),
      ]),
    ],
  };
}

export interface Prediction {
  /** The local day on which the last unit will have a result, if everybody keeps to what is due now. */
  readonly date: string;
  readonly slipDays: number;
  /** Units that are the last. */
  readonly by: readonly string[];
}

/** At 50, 75 and 90 % of the time: will the target hold? A slip is told before it happens (K-16). */
export function warn(state: RoundState, prediction: Prediction): Change<RoundState> {
  const [due, ...warnings] = state.warnings;
  if (due === undefined) return { state, entries: [] };
  const next: RoundState = { ...state, warnings, predicted: prediction };
  const content = {
    predicted: prediction.date,
    slipDays: prediction.slipDays,
    by: [...prediction.by],
    incomplete: incompleteUnits(state),
  };
  if (prediction.slipDays === 0) return { state: next, entries: [entry(next, 'onTrack', due, content)] };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.roundWillSlip', due, content, [
        close('slip'),
        {
          do: 'openTask',
          subject: 'slip',
          roles: ['incidentCommander', 'providerManager'],
          call: true,
          asks: roundWords(next).willSlip,
          due: state.target.at,
        },
      ]),
    ],
  };
}

export function targetMissed(state: RoundState): Change<RoundState> {
  const next: RoundState = { ...state, targetMissed: true };
  const incomplete = incompleteUnits(state);
  return {
    state: next,
    entries: [
      entry(next, 'alarm.roundTargetMissed', state.target.at, { arithmetic: state.target.arithmetic, incomplete }, [
        close('slip'),
        { do: 'openTask', subject: 'slip', roles: ['incidentCommander'], call: true, asks: roundWords(next).missed },
      ]),
    ],
  };
}

/** The result as it would be published, kept under its digest. An incomplete one names who is missing. */
export function proposeReport(
  state: RoundState,
  by: string,
  { digest, incomplete }: { readonly digest: string; readonly incomplete: readonly string[] },
  at: Instant,
): Change<RoundState> {
  if (!isRunning(state)) throw new Refusal(roundWords(state).notRunning);
  const next: RoundState = {
    ...state,
    votes: [],
    proposals: state.proposals + 1,
    proposed: { by, digest, incomplete },
  };
  return {
    state: next,
    entries: [
      entry(next, 'reportProposed', at, { by, digest, incomplete: [...incomplete] }, [
        close('report'),
        task('report', roundWords(next).report, 'publish', digest),
      ]),
    ],
  };
}

export const roundStage = ({ phase }: RoundState): string => phase;

import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Change } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import type { AskDates } from './ask.js';
import { dayOf, noteCommitment } from './promise.js';
import type { CommitRemediationInput, InspectionState, Remediation } from './state.js';
import { after, closeAll, closeTask, enter, entry, task, toMail, unchanged } from './steps.js';

/** The provider promises to mend by a date. A later promise keeps the earlier date (MISSED -> RE_COMMITTED). */
export function commitRemediation(
  state: InspectionState,
  input: CommitRemediationInput,
  dates: AskDates,
  at: Instant,
): Change<InspectionState> {
  if (state.phase !== 'NOT_SATISFIED' && state.phase !== 'REMEDIATION_COMMITTED')
    throw new Refusal(wordsFor(state).nothingToRemedy);
  const { remediation: before } = state;
  const promised = before ? [...state.promised, dayOf(before)] : state.promised;
  const remediation: Remediation = { ...dates, standing: 'ON_TRACK', text: input.reason, madeAt: at };
  const next = enter(state, 'REMEDIATION_COMMITTED', { remediation, promised });
  return {
    state: next,
    entries: [
      entry(
        next,
        promised.length > 0 ? 'remediationRecommitted' : 'remediationCommitted',
        at,
        {
          by: input.by,
          reason: input.reason,
          due: dates.due.at,
          date: dates.due.date ?? null,
          lastOpenDay: dates.due.lastOpenDay ?? null,
          arithmetic: dates.due.arithmetic,
          earlier: [...promised],
        },
        [
          ...closeAll(),
          ...(before ? [noteCommitment(state, before, 'RE_COMMITTED')] : []),
          noteCommitment(next, remediation),
        ],
      ),
    ],
  };
}

/** Early reminders; at the last of them the promise is at risk; past its day it is missed, then escalated. */
export function remediationClock(state: InspectionState, at: Instant): Change<InspectionState> {
  const { remediation } = state;
  if (state.phase !== 'REMEDIATION_COMMITTED' || !remediation) return unchanged(state);
  const [reminder, ...later] = remediation.reminders;
  const missed = after(remediation.due);
  if (reminder !== undefined && reminder <= at && (reminder <= missed || remediation.standing === 'MISSED')) {
    const standing =
      remediation.standing === 'MISSED' ? 'MISSED' : later.length === 0 ? 'AT_RISK' : remediation.standing;
    const reminded: Remediation = { ...remediation, reminders: later, standing };
    const next = toMail({ ...state, remediation: reminded }, 'remediation-reminder');
    const content = { standing, due: remediation.due.at };
    return {
      state: next,
      entries: [entry(next, 'remediationReminded', reminder, content, [noteCommitment(next, reminded)])],
    };
  }
  if (remediation.standing !== 'MISSED') return missed <= at ? miss(state, remediation) : unchanged(state);
  const { escalateAt, ...escalated } = remediation;
  if (escalateAt === undefined || escalateAt > at) return unchanged(state);
  const next: InspectionState = { ...state, remediation: escalated };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.remediationEscalated', escalateAt, { due: remediation.due.at }, [
        closeTask('remediation'),
        task('remediation', ['incidentCommander', 'ciso'], wordsFor(next).remediationMissed, recommit),
      ]),
    ],
  };
}

const recommit = {
  update: 'commitRemediation',
  json: { v: 1, by: '<your id>', due: '<day or word>', reason: '<why>' },
};

function miss(state: InspectionState, before: Remediation): Change<InspectionState> {
  const remediation: Remediation = { ...before, standing: 'MISSED' };
  const next: InspectionState = { ...state, remediation };
  const { due } = remediation;
  return {
    state: next,
    entries: [
      entry(next, 'alarm.remediationMissed', due.at, { arithmetic: due.arithmetic }, [
        noteCommitment(next, remediation),
        closeTask('remediation'),
        task('remediation', ['providerManager'], wordsFor(next).remediationMissed, recommit),
      ]),
    ],
  };
}

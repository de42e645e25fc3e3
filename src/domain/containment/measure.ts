import type { Instant } from '../instant.js';
import { lookAtLossAfterStop } from '../lossAfterStop.js';
import { sendDecision } from '../suspension/steps.js';
import type { Change, Row } from '../transition.js';
import { measureNotStarted } from '../wording/standing.js';
import { type ContainmentState, digestOf, type LossConfirmed } from './state.js';
import { entry, overdue } from './steps.js';

/** The suspension or restriction stands; after a suspension the containment has done its work. One that did not start is alarmed. */
export function measureStarted(state: ContainmentState, opened: boolean, at: Instant): Change<ContainmentState> {
  const { toStart, ...rest } = state;
  if (!toStart) return { state, entries: [] };
  if (!opened) {
    const { current: _current, ...undecided } = rest;
    const next: ContainmentState = { ...overdue(undecided, at), notStarted: true };
    const task: Row = {
      do: 'openTask',
      subject: 'decide',
      roles: ['dutyOfficer', 'incidentCommander'],
      call: true,
      asks: measureNotStarted(state.target),
      send: sendDecision('decide', 'suspend', digestOf({ ...next, round: next.round + 1 })),
    };
    return {
      state: { ...next, round: next.round + 1 },
      entries: [entry(next, 'alarm.measureNotStarted', at, { suspension: toStart.id }, [task])],
    };
  }
  if (state.phase !== 'suspending')
    return { state: rest, entries: [entry(rest, 'measureStarted', at, { suspension: toStart.id })] };
  return closed(rest, 'suspended', at);
}

/** A loss on a function that is stopped already, or whose watch or restriction it trips, or that is known: recorded, told, and closed. */
export function closed(
  state: ContainmentState,
  why: 'suspended' | 'loss-after-stop' | 'watch-tripped' | 'restriction-tripped' | 'repeated',
  at: Instant,
  more: Row[] = [],
): Change<ContainmentState> {
  if (state.phase === 'closed') return { state, entries: [] };
  const next: ContainmentState = { ...state, phase: 'closed' };
  const kind = why === 'loss-after-stop' ? 'alarm.lossAfterStop' : 'closed';
  return { state: next, entries: [entry(next, kind, at, { why }, [{ do: 'closeTasks', subject: 'decide' }, ...more])] };
}

/** A loss that opened a containment of what is stopped. @param callsAfterStop not in runs of before */
export function lossAfterStop(
  state: ContainmentState,
  { occurredAt }: LossConfirmed,
  at: Instant,
  { callsAfterStop = true } = {},
): Change<ContainmentState> {
  const rows = callsAfterStop ? [lookAtLossAfterStop(state.target, occurredAt, state.terms.zone)] : [];
  return closed(state, 'loss-after-stop', at, rows);
}

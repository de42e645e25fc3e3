import { DAY, type Instant, millis, plus } from '../instant.js';
import type { Change, Entry } from '../transition.js';
import {
  type DriftFound,
  isOver,
  isSettled,
  isWorking,
  type Settled,
  type SuspensionState,
  type TargetStanding,
} from './state.js';
import { entry, openTargetTask, ordered, replaceTarget, untried, withTarget } from './steps.js';
import { trip } from './tripwire.js';

/** Repeats come at the policy's pace for the first quarter of an hour, then every five minutes: an hour's outage is twelve calls, not a hundred. */
const SLOW_PACE = 5 * 60_000;

export function settle(state: SuspensionState, id: string, outcome: Settled, at: Instant): Change<SuspensionState> {
  const target = state.targets[id];
  // An answer that comes after people decided, or after the end, is to a question of before.
  if (!target || isSettled(target) || !isWorking(state)) return { state, entries: [] };
  if (outcome.kind === 'in-effect') {
    // What an earlier order did is no execution of this one.
    const executedAt =
      outcome.executedAt !== undefined && outcome.executedAt >= target.orderedAt ? outcome.executedAt : undefined;
    const next = replaceTarget(state, id, {
      ...untried(target),
      status: 'settled',
      ...(executedAt && { executedAt }),
      verifiedAt: outcome.verifiedAt,
      readBack: outcome.state,
      ...(outcome.order !== undefined && { order: outcome.order }),
      alsoHeldBy: outcome.alsoHeldBy,
      late: false,
    });
    const content = {
      orderedAt: target.orderedAt,
      executedAt,
      verifiedAt: outcome.verifiedAt,
      readBack: outcome.state,
      order: outcome.order,
      alsoHeldBy: outcome.alsoHeldBy,
    };
    const kind = target.goal === 'held' ? 'verified' : 'released';
    return {
      state: next,
      entries: [entry(next, kind, outcome.verifiedAt, content, [{ do: 'closeTasks', subject: `target:${id}` }], id)],
    };
  }
  const pace = at < target.due ? millis(plus(at, state.terms.suspension.readBackEvery)) - millis(at) : SLOW_PACE;
  // What a person does by hand is not asked after: that person will say so.
  const patience = outcome.kind === 'by-hand' ? DAY : SLOW_PACE;
  const wait = outcome.kind === 'not-yet' ? Math.max(pace, (outcome.afterSeconds ?? 0) * 1000) : patience;
  const needsHuman = outcome.kind !== 'not-yet';
  const next = replaceTarget(state, id, {
    ...untried(target),
    problem: outcome.problem,
    notBefore: plus(at, wait),
    tries: target.tries + 1,
    ...(needsHuman && { status: 'needs-human' }),
    ...(outcome.kind === 'by-hand' && outcome.instruction && { instruction: outcome.instruction }),
  });
  if (!needsHuman || target.status === 'needs-human') return { state: next, entries: [] };
  return { state: next, entries: [needsPerson(next, id, at, outcome.problem)] };
}

/**
 * Must a target wait with its order, until all that are stopped before it were asked? What they answered does not matter,
 * and one that is late holds up nobody: an outage of one must not keep the others open.
 */
export function waitsItsTurn(state: SuspensionState, id: string): boolean {
  const waits = (target: TargetStanding) =>
    target.goal === 'held' && target.tries === 0 && !target.late && !isSettled(target);
  const { [id]: target } = state.targets;
  if (!target?.turn || !waits(target)) return false;
  const { service, order } = target.turn;
  return Object.values(state.targets).some(
    (other) => other.turn?.service === service && other.turn.order < order && waits(other),
  );
}

function needsPerson(state: SuspensionState, id: string, at: Instant, problem: string): Entry {
  return entry(state, 'alarm.targetNeedsPerson', at, { target: id, problem }, [openTargetTask(state, id)], id);
}

/** The target that is late next unless it is proven before. */
export function nextLate(state: SuspensionState): { readonly target: string; readonly at: Instant } | undefined {
  if (!isWorking(state)) return undefined;
  return Object.entries(state.targets)
    .filter(([, target]) => !target.late && !isSettled(target))
    .map(([target, { due }]) => ({ target, at: due }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))[0];
}

/** A target that was not read back in time makes the whole partly failed; the work goes on. */
export function late(state: SuspensionState, id: string, at: Instant): Change<SuspensionState> {
  const target = state.targets[id];
  if (!target || !isWorking(state) || target.late || isSettled(target) || at < target.due)
    return { state, entries: [] };
  const next = withTarget(state, id, { late: true });
  const rows = target.status === 'needs-human' ? [] : [openTargetTask(next, id)];
  return {
    state: next,
    entries: [entry(next, 'alarm.targetNotVerified', target.due, { target: id, problem: target.problem }, rows, id)],
  };
}

/** The channel says something else than what must hold. A new order, at most twice in 24 hours; then a person. */
export function drift(state: SuspensionState, found: DriftFound, at: Instant): Change<SuspensionState> {
  const target = state.targets[found.target];
  if (!target || state.phase === 'proposed' || isOver(state) || !isSettled(target)) return { state, entries: [] };
  // Read before the last proof: a repeat, or a finding that a new order has overtaken.
  if (found.at < (target.verifiedAt ?? target.executedAt ?? target.orderedAt)) return { state, entries: [] };
  const content = { target: found.target, readBack: found.readBack };
  if (state.phase === 'watching') return trip(state, 'drift', at, content);
  const recent = target.drifts.filter((when) => millis(at) - millis(when) < DAY);
  if (recent.length >= state.terms.suspension.driftOrdersPerDay) {
    const next = withTarget(state, found.target, {
      status: 'needs-human',
      readBack: found.readBack,
      notBefore: plus(at, DAY),
      due: plus(at, DAY),
    });
    return {
      state: next,
      entries: [
        entry(next, 'alarm.driftRepeated', found.at, content, [openTargetTask(next, found.target)], found.target),
      ],
    };
  }
  const again = { ...ordered(state, target, target.goal, at), readBack: found.readBack, drifts: [...recent, at] };
  const next = replaceTarget(state, found.target, again);
  return { state: next, entries: [entry(next, 'alarm.drift', found.at, content, [], found.target)] };
}

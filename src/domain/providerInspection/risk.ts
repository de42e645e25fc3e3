import type { Vote } from '../decision.js';
import { endOfLocalDay } from '../deadline/localTime.js';
import { DAY, plus, type Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { fails, functionsAtRisk, type AcceptRiskInput, type InspectionState, type RiskAcceptance } from './state.js';
import { after, closeTask, entry, sendDecision, task, unchanged } from './steps.js';

/** An acceptance without an end in sight is none: a year, then it is decided anew. */
const LONGEST_DAYS = 366;

/** Items whose risk is accepted now. */
export const acceptedItems = ({ risk }: InspectionState): readonly string[] => risk?.items ?? [];

/**
 * The first of two persons lives with failing items until a day: his proposal is his vote, and the second person's
 * decision completes it. @throws Refusal for items that do not fail, and for an end that is past or too far
 */
export function proposeRisk(
  state: InspectionState,
  input: AcceptRiskInput,
  digest: string,
  authority: Authorised,
  at: Instant,
): Change<InspectionState> {
  const { by, items, reason } = input;
  const words = wordsFor(state);
  const sound = items.find(
    (id) => !state.items[id] || state.items[id].class !== 'mandatory' || !fails(state.items[id]),
  );
  if (sound !== undefined || state.phase === 'CLOSED') throw new Refusal(words.riskNotFailing(sound ?? items[0]!));
  const until = endOfLocalDay(input.until, state.terms.zone);
  if (until <= at || until > plus(at, LONGEST_DAYS * DAY)) throw new Refusal(words.riskUntil(LONGEST_DAYS));
  const vote: Vote = { subject: 'acceptRisk', verdict: 'accept', by, role: authority.role, digest, at };
  const next: InspectionState = {
    ...state,
    riskProposed: { items, until, by: [by], reason, digest },
    votes: [...state.votes.filter(({ subject }) => subject !== 'acceptRisk'), vote],
  };
  return {
    state: next,
    entries: [
      entry(next, 'riskAcceptanceProposed', at, { by, role: authority.role, reason, items: [...items], until }, [
        closeTask('acceptRisk'),
        task('acceptRisk', ['ciso', 'board'], wordsFor(next).acceptRisk, sendDecision('acceptRisk', 'accept', digest)),
      ]),
    ],
  };
}

/** Two persons accepted, or one of them refused. */
export function riskDecided(
  state: InspectionState,
  verdict: string,
  by: string,
  at: Instant,
  held: readonly string[] = [],
): { readonly state: InspectionState; readonly rows: Row[] } {
  const { riskProposed, ...rest } = state;
  const { digest: _digest, ...proposed } = riskProposed!;
  const voted = { ...rest, votes: state.votes.filter(({ subject }) => subject !== 'acceptRisk') };
  if (verdict !== 'accept') return { state: voted, rows: [closeTask('acceptRisk')] };
  const risk: RiskAcceptance = { ...proposed, n: state.risks + 1, by: [...proposed.by, by], acceptedAt: at };
  const next: InspectionState = { ...voted, risks: risk.n, risk };
  return {
    state: next,
    rows: [
      closeTask('acceptRisk'),
      closeTask('risk'),
      ...(state.risk ? [noteRisk(state, state.risk, 'SUPERSEDED', at)] : []),
      noteRisk(next, risk, null, null),
      ...gateRows(next, held).rows,
    ],
  };
}

/** Its last instant is past: what it allowed is not allowed any more, and people are called. */
export function riskClock(state: InspectionState, at: Instant): Change<InspectionState> {
  const { risk, ...next } = state;
  if (!risk || after({ at: risk.until }) > at) return unchanged(state);
  const gate = gateRows(next);
  return {
    state: next,
    entries: [
      entry(
        next,
        'alarm.riskAcceptanceExpired',
        risk.until,
        { items: [...risk.items], functionsAtRisk: [...gate.functions] },
        [
          noteRisk(state, risk, 'EXPIRED', risk.until),
          closeTask('risk'),
          task('risk', ['ciso', 'board', 'incidentCommander'], wordsFor(next).riskExpired(risk.items), {
            update: 'acceptRisk',
            json: { v: 1, by: '<your id>', items: [...risk.items], until: '<YYYY-MM-DD>', reason: '<why>' },
          }),
          ...gate.rows,
        ],
      ),
    ],
  };
}

/** An acceptance of what no longer fails is over. */
export function riskAfter(
  state: InspectionState,
  at: Instant,
): { readonly state: InspectionState; readonly rows: readonly Row[] } {
  const { risk, ...next } = state;
  if (!risk || risk.items.some((id) => fails(state.items[id]!))) return { state, rows: [] };
  return { state: next, rows: [noteRisk(state, risk, 'MENDED', at), closeTask('risk')] };
}

function noteRisk(
  { unit, items: all }: InspectionState,
  { n, items, until, by, reason, acceptedAt }: RiskAcceptance,
  ended: 'EXPIRED' | 'SUPERSEDED' | 'MENDED' | null,
  endedAt: Instant | null,
): Row {
  const functions = [...new Set(items.flatMap((id) => all[id]?.protects ?? []))].sort();
  return {
    do: 'noteRisk',
    unit,
    n,
    items: [...items],
    functions,
    by: [...by],
    reason,
    acceptedAt,
    until,
    ended,
    endedAt,
  };
}

/**
 * exactly the functions that a failed mandatory item protects are proposed to be stopped.
 * @param held functions that are stopped already: nothing is proposed for them
 */
export function gateRows(
  state: InspectionState,
  held: readonly string[] = [],
): { readonly rows: Row[]; readonly functions: readonly string[] } {
  const risk = functionsAtRisk(state, acceptedItems(state));
  const functions = Object.keys(risk).sort();
  const targets = functions.filter((fn) => !held.includes(fn));
  if (targets.length === 0) return { rows: [closeTask('gate')], functions };
  return {
    functions,
    rows: [
      closeTask('gate'),
      task('gate', ['incidentCommander', 'providerManager'], wordsFor(state).gate(targets), {
        update: 'start suspension',
        json: {
          v: 1,
          incident: state.incident,
          measure: 'suspend',
          targets: [...targets],
          by: '<your id>',
          reason: `failed mandatory items: ${[...new Set(targets.flatMap((fn) => risk[fn]!))].sort().join(', ')}`,
          trigger: 'inspection',
        },
      }),
    ],
  };
}

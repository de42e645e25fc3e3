import type { Instant } from '../instant.js';
import type { Json } from '../json.js';
import { Refusal } from '../refusal.js';
import type { Change, Row } from '../transition.js';
import { evaluationWords } from '../wording/evaluation.js';
import { contradictionDigest } from './commission.js';
import {
  opinionResult,
  type Contradiction,
  type EvaluationState,
  type ExaminedOpinion,
  type FactCheckInput,
  type SubmitOpinionInput,
} from './state.js';
import { changed, closeAll, closeTask, entry, sendDecision, task, unchanged } from './steps.js';

/** A version of the opinion as it is kept and hashed. */
export type OpinionContent = Omit<SubmitOpinionInput, 'digest'> & { readonly report: string };

export function opinionContent({ digest, ...rest }: SubmitOpinionInput): OpinionContent {
  return { ...rest, report: digest };
}

/**
 * Exceptions that say something else than was read back. "Suspended" means that every function of the unit is; of a unit
 * without functions nothing shows that it is.
 */
export function contradictionsIn(
  exceptions: SubmitOpinionInput['exceptions'],
  statesOf: (unit: string) => Contradiction['states'],
): Contradiction[] {
  return exceptions.flatMap(({ unit, suspended }) => {
    const states = statesOf(unit);
    const shown = states.length > 0 && states.every(({ state }) => state === 'SUSPENDED');
    return shown === suspended ? [] : [{ unit, said: suspended ? 'suspended' : 'not-suspended', states }];
  });
}

/** May this version come now? A final one needs a draft that the operator could check. @throws Refusal */
export function requireOpinionDue(state: EvaluationState, { stage }: Pick<SubmitOpinionInput, 'stage'>): void {
  const words = evaluationWords(state);
  const afterDraft = state.phase === 'DRAFT_OPINION' || state.phase === 'FACT_CHECK';
  if (stage === 'draft' && !afterDraft && state.phase !== 'FIELDWORK') throw new Refusal(words.noDraft);
  if (stage === 'final' && state.phase !== 'FACT_CHECK') throw new Refusal(words.noFinal);
}

/**
 * A version of the opinion as the assessor gave it: kept for ever under its number and hash. A repeat of the last one is
 * the same version. What the register contradicts is alarmed; it keeps nobody from giving his opinion.
 */
export function submitOpinion(
  state: EvaluationState,
  input: SubmitOpinionInput,
  { hash, contradictions, factCheckDue }: ExaminedOpinion,
  at: Instant,
): Change<EvaluationState> {
  if (state.last?.hash === hash) return unchanged(state);
  requireOpinionDue(state, input);
  const version = state.versions + 1;
  const final = input.stage === 'final';
  const { contradicted: _contradicted, factCheckDue: _due, ...kept } = state;
  const next: EvaluationState = {
    ...kept,
    phase: final ? 'FINAL' : 'DRAFT_OPINION',
    versions: version,
    last: { version, hash },
    ...(final ? { result: opinionResult(input.opinion) } : { factCheckDue }),
    ...(contradictions.length > 0 && { contradicted: contradictions }),
  };
  const opinion: Row = {
    do: 'recordOpinion',
    round: state.incident,
    version,
    stage: input.stage,
    opinion: input.opinion,
    content: opinionContent(input) as unknown as Json,
    report: input.digest,
    hash,
    by: input.by,
    at,
  };
  const words = evaluationWords(next);
  const content = {
    version,
    stage: input.stage,
    opinion: input.opinion,
    by: input.by,
    hash,
    report: input.digest,
    exceptions: input.exceptions.map(({ unit, suspended }) => ({ unit, suspended })),
    recommendations: input.recommendations.length,
  };
  const asks = final
    ? closeAll()
    : [
        closeTask('factCheck'),
        closeTask('contradiction'),
        task(
          'factCheck',
          ['providerManager', 'ciso'],
          words.factCheck,
          { update: 'factCheck', json: { v: 1, by: '<your id>', remarks: [] } },
          factCheckDue.at,
        ),
      ];
  const entries = [entry(next, final ? 'opinionFinal' : 'opinionDrafted', at, content, [opinion, ...asks])];
  if (contradictions.length > 0)
    entries.push(
      entry(next, 'alarm.opinionContradicted', at, { version, units: contradictions as unknown as Json }, [
        task(
          'contradiction',
          ['audit', 'compliance', 'providerManager'],
          words.contradiction,
          sendDecision('contradiction', 'looked-into', contradictionDigest(state.digest, version)),
        ),
      ]),
    );
  return { state: next, entries };
}

/** The operator's answer to a draft, kept beside it. */
export function factCheck(
  state: EvaluationState,
  input: FactCheckInput,
  role: string,
  at: Instant,
): Change<EvaluationState> {
  if ((state.phase !== 'DRAFT_OPINION' && state.phase !== 'FACT_CHECK') || !state.last)
    throw new Refusal(evaluationWords(state).noFactCheck);
  const n = state.factChecks + 1;
  const { version } = state.last;
  const { factCheckDue: _due, ...kept } = state;
  const next: EvaluationState = { ...kept, phase: 'FACT_CHECK', factChecks: n };
  const { by, remarks } = input;
  const row: Row = { do: 'recordFactCheck', n, version, by, role, remarks, at };
  return changed(next, 'factChecked', at, { by, role, version, remarks: remarks.length }, [
    row,
    closeTask('factCheck'),
    closeTask('opinion'),
    finalTask(next),
  ]);
}

/** What the assessor is asked for once the facts are checked, or nobody checked them in time. */
export const finalTask = (state: EvaluationState): Row =>
  task('opinion', ['assessor'], evaluationWords(state).final, undefined, state.watched.due.at);

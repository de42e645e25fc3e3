import { recordDecision, voteOf } from '../decided.js';
import { answered, type Decision, type Question } from '../decision.js';
import type { Instant } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Authorised } from '../roster.js';
import type { Change, Row } from '../transition.js';
import { improvementWords, subjectText } from '../wording/improvement.js';
import { underWay, WAY, type ImprovementPlan, type ImprovementState, type MoveStageInput } from './state.js';
import { changed, closeTask, sendDecision, task, unchanged } from './steps.js';

/** Begins where it stands: talks, unless more is agreed already. */
export function openImprovement(id: string, plan: ImprovementPlan, at: Instant): Change<ImprovementState> {
  const { input, name, watched } = plan;
  const state: ImprovementState = {
    v: 1,
    id,
    incident: input.round,
    sequence: 0,
    name,
    units: input.units,
    subject: input.subject,
    text: input.text ?? subjectText(input.subject),
    by: input.by,
    digest: plan.digest,
    stage: input.stage,
    ...(watched && { watched }),
    earlier: [],
    drops: 0,
    votes: [],
    receipts: {},
    terms: plan.terms,
  };
  const { by, reason, units, subject, stage } = input;
  return changed(state, 'started', at, {
    by,
    reason,
    units,
    subject,
    stage,
    ...(watched && { due: watched.due.at, arithmetic: watched.due.arithmetic }),
  });
}

/**
 * To the next stage, one after the other: what was skipped nobody can show later. Giving up waits for a second person.
 * Where it stands already nothing moves.
 */
export function moveStage(
  state: ImprovementState,
  { by, stage, reason }: MoveStageInput,
  at: Instant,
): Change<ImprovementState> {
  if (stage === state.stage) return unchanged(state);
  const words = improvementWords(state);
  if (!underWay(state)) throw new Refusal(words.settled);
  if (stage === 'DROPPED') {
    const next: ImprovementState = { ...state, dropping: { by }, drops: state.drops + 1, votes: [] };
    return changed(next, 'dropProposed', at, { by, reason }, [
      closeTask('drop'),
      task(
        'drop',
        ['ciso', 'incidentCommander'],
        improvementWords(next).drop,
        sendDecision('drop', 'confirm', dropDigest(next)),
      ),
    ]);
  }
  const following = WAY[WAY.indexOf(state.stage as (typeof WAY)[number]) + 1]!;
  if (stage !== following) throw new Refusal(words.notNext(following));
  const { dropping: _dropping, ...kept } = state;
  const method = stage === 'IN_FORCE' && state.subject === 'ivr-callback';
  const next: ImprovementState = { ...kept, stage, votes: [], ...(method && { methodToChange: true }) };
  const rows: Row[] = [closeTask('drop')];
  if (stage === 'IN_FORCE') rows.push(closeTask('due'));
  if (method)
    rows.push(
      task(
        'method',
        ['providerManager', 'ciso'],
        improvementWords(next).method,
        sendDecision('method', 'changed', methodDigest(next)),
      ),
    );
  return changed(next, 'stageMoved', at, { by, reason, from: state.stage, to: stage }, rows);
}

const dropDigest = ({ digest, drops }: ImprovementState) => `${digest}-d${drops}`;
const methodDigest = ({ digest }: ImprovementState) => `${digest}-m`;

export function improvementQuestions(state: ImprovementState): Question[] {
  const words = improvementWords(state);
  if (state.dropping)
    return [
      {
        subject: 'drop',
        rule: 'improvement.drop',
        verdicts: ['confirm', 'return'],
        digest: dropDigest(state),
        asks: words.drop,
        otherwise: words.dropOtherwise,
      },
    ];
  if (!state.methodToChange) return [];
  return [
    {
      subject: 'method',
      rule: 'improvement.method',
      verdicts: ['changed'],
      digest: methodDigest(state),
      asks: words.method,
      otherwise: words.methodOtherwise,
    },
  ];
}

/**
 * A second person gives it up or not; or somebody says that the list of units tells the new method.
 * @param behind units of which the list still tells another method
 */
export function decideImprovement(
  state: ImprovementState,
  decision: Decision,
  authority: Authorised,
  behind: readonly string[],
  at: Instant,
): Change<ImprovementState> {
  const words = improvementWords(state);
  answered(improvementQuestions(state), decision, words.notNow);
  const { subject, verdict, by, reason } = decision;
  if (subject === 'method' && behind.length > 0) throw new Refusal(words.methodBehind(behind));
  const { role } = authority;
  const recorded = recordDecision(decision, authority, false);
  const content = { subject, verdict, by, role, reason };
  if (!authority.complete) {
    const vote = voteOf(decision, authority, at);
    return changed({ ...state, votes: [...state.votes, vote] }, 'voted', at, content, [recorded]);
  }
  const { dropping, methodToChange: _method, ...kept } = state;
  const next: ImprovementState = { ...kept, votes: [] };
  const rows = [recorded, closeTask(subject)];
  if (subject === 'method') return changed(next, 'methodChanged', at, content, rows);
  if (verdict === 'return') return changed(next, 'dropReturned', at, content, rows);
  return changed({ ...next, stage: 'DROPPED' }, 'dropped', at, { ...content, proposedBy: dropping!.by }, [
    ...rows,
    closeTask('due'),
  ]);
}

/** Units among those in talks on IVR call-back whose link is proven by a balance check alone (DOMAIN 4.2, A-28). */
export function inTalksOnIvr(
  improvements: readonly { readonly subject: string; readonly stage: string; readonly units: readonly string[] }[],
  methodsOf: (unit: string) => readonly string[],
): string[] {
  const units = improvements
    .filter(({ subject, stage }) => subject === 'ivr-callback' && stage === 'TALKS')
    .flatMap((improvement) => improvement.units);
  return [...new Set(units)].filter((unit) => methodsOf(unit).includes('balance-check')).sort();
}

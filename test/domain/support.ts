import { instant, type Duration, type Instant, type Zone } from '../../src/domain/instant.js';
import { PolicySchema, type Policy } from '../../src/domain/policy.js';
import type { Decision, Question } from '../../src/domain/decision.js';
import type { ContainmentTerms } from '../../src/domain/containment.js';
import type { Authorised } from '../../src/domain/roster.js';
import { SuspensionInput, type Plan, type Terms } from '../../src/domain/suspension.js';
import { Refusal } from '../../src/domain/refusal.js';
import type { Sentence } from '../../src/domain/sentence.js';
import type { Change, Row } from '../../src/domain/transition.js';

/** An instant from text with an offset, as people write it. */
export const at = (text: string): Instant => instant(Date.parse(text));
const d = (text: string) => text as Duration;

export const JST: Zone = { name: 'Asia/Tokyo', offsets: [{ from: at('2000-01-01T00:00:00Z'), minutes: 540 }] };

/** The durations of the issue, written out. */
export const policy: Policy = {
  version: 'policy-7',
  timeouts: 'act',
  containment: {
    decideWithin: d('PT4H'),
    warnAfter: [d('PT2H'), d('PT3H')],
    redecideWithin: d('PT24H'),
    remindEvery: d('P1D'),
  },
  suspension: {
    proposalExpires: d('PT24H'),
    ratifyWithin: d('PT4H'),
    night: { from: '22:00', to: '07:00', until: '09:00' },
    callEvery: d('PT30M'),
    verifyWithin: d('PT15M'),
    readBackEvery: d('PT30S'),
    siblingsWithin: d('PT24H'),
    reviewEvery: d('P7D'),
    watchFor: d('P14D'),
    driftOrdersPerDay: 2,
  },
  duties: {
    lossDisclosureDecision: { within: d('PT24H'), owner: 'pr' },
    disclosureDecision: { within: d('PT2H'), owner: 'pr' },
    stopScreenText: { within: d('PT1H'), owner: 'customerService' },
    callDeskScript: { within: d('PT4H'), owner: 'customerService' },
    customerNotice: { within: d('PT24H'), owner: 'customerService' },
    partnerNotice: { within: d('PT24H'), owner: 'providerManager' },
    filingAssessment: { within: d('PT24H'), owner: 'compliance' },
  },
  inspection: PolicySchema.shape.inspection.parse(undefined),
  sweepEvery: d('PT5M'),
};

export const DIGEST = '0123456789abcdef0123456789abcdef';

export const terms = (acts = true, personOnly: readonly string[] = []): Terms => ({
  policyVersion: policy.version,
  acts,
  zone: JST,
  drill: false,
  suspension: policy.suspension,
  duties: policy.duties,
  personOnly,
  redecideWithin: policy.containment.redecideWithin,
});

export const containmentTerms = (acts = true, autoStop = true): ContainmentTerms => ({
  policyVersion: policy.version,
  acts,
  zone: JST,
  drill: false,
  containment: policy.containment,
  duties: policy.duties,
  autoStop,
});

export const plan = (input: object = {}, siblings: readonly string[] = [], its: Terms = terms()): Plan => ({
  input: SuspensionInput.parse({
    v: 1,
    incident: 'B',
    measure: 'suspend',
    targets: ['mijica-transfer'],
    by: 'duty-1',
    reason: 'Losses go on',
    ...input,
  }),
  digest: DIGEST,
  siblings,
  terms: its,
});

export const authority = (complete = true): Authorised => ({
  role: 'incidentCommander',
  complete,
  rosterVersion: 'roster-3',
  tableVersion: 'table-2',
});

export const decision = (question: Question, verdict: string, by = 'commander-1'): Decision => ({
  v: 1,
  subject: question.subject,
  verdict,
  by,
  reason: 'because it is so',
  digest: question.digest,
});

/** The sentence with which something is refused; fails when it is not refused, or breaks otherwise. */
export function refusalOf(work: () => unknown): Sentence {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.sentence;
    throw error;
  }
  throw new Error('it was not refused');
}

export const kinds = (change: Change<unknown>) => change.entries.map(({ kind }) => kind);
export const rows = (change: Change<unknown>): Row[] => change.entries.flatMap((entry) => entry.rows);
export const tasks = (change: Change<unknown>) => rows(change).filter((row) => row.do === 'openTask');

export const inEffect = (state: string, verifiedAt: Instant, alsoHeldBy: readonly string[] = []) =>
  ({ kind: 'in-effect', state, verifiedAt, executedAt: verifiedAt, order: 1, alsoHeldBy }) as const;

/** Both languages are there, are sentences, and have no hole where a value should be. */
export function expectComplete(sentence: Sentence): void {
  for (const text of [sentence.en, sentence.ja]) {
    expect(text.trim().length).toBeGreaterThan(0);
    expect(text).not.toMatch(/undefined|null|NaN|\[object|\$\{|Invalid/);
    expect(text).not.toMatch(/(?:before|by|since|ends|at) (?=[,.:])|を {2}までに|、 までに| は {2}の| {2}/);
  }
  expect(sentence.ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  expect(sentence.en).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
}

import fc from 'fast-check';
import type { Deadline } from '../../src/domain/deadline.js';
import type { Watched } from '../../src/domain/deadline/watch.js';
import * as machine from '../../src/domain/evaluation.js';
import {
  EvaluationInput,
  OPINIONS,
  SubmitOpinionInput,
  type Contradiction,
  type EvaluationState,
  type ExaminedOpinion,
} from '../../src/domain/evaluation.js';
import { examples } from '../../src/domain/examples.js';
import { requireIndependent } from '../../src/domain/evaluation/independence.js';
import { parseInput } from '../../src/domain/input.js';
import { instant, millis, plus, type Duration, type Instant } from '../../src/domain/instant.js';
import { RosterSchema } from '../../src/domain/roster.js';
import type { Change } from '../../src/domain/transition.js';
import { evaluationStanding, evaluationWords, opinionMessage } from '../../src/domain/wording/evaluation.js';
import {
  at,
  authority,
  decision,
  DIGEST,
  expectComplete,
  JST,
  kinds,
  policy,
  refusalOf,
  rows,
  tasks,
} from './support.js';

const ID = 'evaluation/R2020';
const START = at('2020-10-01T10:00:00+09:00');
const REPORT = 'fedcba9876543210fedcba9876543210';
const day = (text: string): Deadline => ({
  rule: 'evaluation.due',
  ruleVersion: '1',
  startEvent: 'evaluationProposed',
  start: START,
  counting: 'word',
  firmness: 'committed',
  at: at(`${text}T23:59:59.999+09:00`),
  date: text,
  lastOpenDay: text,
  arithmetic: text,
});
const watched: Watched = {
  due: day('2020-11-06'),
  reminders: [at('2020-10-23T09:00:00+09:00'), at('2020-10-30T09:00:00+09:00')],
  escalateAt: at('2020-11-09T09:00:00+09:00'),
  standing: 'ON_TRACK',
};
const input = (more: object = {}) =>
  EvaluationInput.parse({
    v: 1,
    round: 'R2020',
    assessor: 'assessor-1',
    due: '2020-11-06',
    by: 'commander-1',
    reason: 'A third party is to look',
    ...more,
  });
const proposed = (more: object = {}) =>
  machine.openEvaluation(
    ID,
    {
      input: input(more),
      watched,
      digest: DIGEST,
      sequence: 0,
      terms: { policyVersion: 'p', acts: true, zone: JST, drill: false, inspection: policy.inspection },
    },
    START,
  );
const decide = (state: EvaluationState, subject: string, verdict: string, by: string, complete = true) =>
  machine.decideEvaluation(
    state,
    decision(
      machine.evaluationQuestions(state).find((question) => question.subject === subject)!,
      verdict,
      by,
    ),
    authority(complete),
    START,
  );
const commissioned = (more: object = {}) => decide(proposed(more).state, 'commission', 'commission', 'audit-1').state;
const independent = (more: object = {}) => decide(commissioned(more), 'independence', 'confirm', 'compliance-1').state;
const review = { v: 1 as const, by: 'assessor-1', reason: 'It covers everything', remarks: [] };
const inTheField = () => machine.reviewPlan(independent(), review, true, START).state;

const opinion = (more: object = {}) =>
  SubmitOpinionInput.parse({
    v: 1,
    by: 'assessor-1',
    stage: 'draft',
    opinion: 'with-exceptions',
    exceptions: [{ unit: 'c6', reason: 'not finished', suspended: true }],
    recommendations: [{ ja: '点検を完了すること。', en: 'Finish the inspections.' }],
    digest: REPORT,
    ...more,
  });
const examined = (hash: string, contradictions: readonly Contradiction[] = []): ExaminedOpinion => ({
  hash,
  contradictions,
  factCheckDue: day('2020-10-12'),
});
const contradiction: Contradiction = {
  unit: 'c6',
  said: 'suspended',
  states: [{ function: 'link-c6', state: 'ACTIVE' }],
};
const drafted = (its: readonly Contradiction[] = []) =>
  machine.submitOpinion(inTheField(), opinion(), examined('h1', its), START).state;
const remarks = { v: 1 as const, by: 'ciso-1', remarks: [{ unit: 'c6', text: 'stopped since 09-16' }] };
const checked = (its: readonly Contradiction[] = []) => machine.factCheck(drafted(its), remarks, 'ciso', START).state;
const final = (more: object = {}, its: readonly Contradiction[] = []) =>
  machine.submitOpinion(checked(), opinion({ stage: 'final', ...more }), examined('h2', its), START);

describe('an evaluation is commissioned', () => {
  test('by audit, then compliance confirms the independence, then the assessor has his plan', () => {
    const change = proposed();
    expect(kinds(change)).toEqual(['proposed']);
    expect(tasks(change)).toMatchObject([{ subject: 'commission', roles: ['audit'] }]);
    const next = decide(change.state, 'commission', 'commission', 'audit-1');
    expect(next.state.phase).toBe('COMMISSIONED');
    expect(tasks(next)).toMatchObject([{ subject: 'independence', roles: ['compliance'] }]);
    const confirmed = decide(next.state, 'independence', 'confirm', 'compliance-1');
    expect(confirmed.state.phase).toBe('INDEPENDENCE_CHECKED');
    expect(tasks(confirmed)).toMatchObject([{ subject: 'plan', roles: ['assessor'] }]);
  });

  test('not at all, when audit refuses or the assessor is not independent', () => {
    expect(decide(proposed().state, 'commission', 'refuse', 'audit-1').state.phase).toBe('REFUSED');
    const change = decide(commissioned(), 'independence', 'refuse', 'compliance-1');
    expect(change.state.phase).toBe('REFUSED');
    expect(machine.evaluationOver(change.state)).toBe(true);
    expect(machine.nextEvaluationClock(change.state)).toBeUndefined();
  });

  test('a vote that waits for another person moves nothing', () => {
    const { state } = decide(proposed().state, 'commission', 'commission', 'audit-1', false);
    expect(state).toMatchObject({ phase: 'PROPOSED', votes: [{ by: 'audit-1' }] });
  });

  test('without the plan in its scope fieldwork follows the independence', () => {
    const state = independent({ scope: ['execution'] });
    expectComplete(refusalOf(() => machine.reviewPlan(state, review, true, START)));
    expect(machine.startFieldwork(state, 'assessor-1', START).state.phase).toBe('FIELDWORK');
  });

  test('fieldwork begins with the review of the plan only where the round runs', () => {
    expect(machine.reviewPlan(independent(), review, true, START).state.phase).toBe('FIELDWORK');
    const waiting = machine.reviewPlan(independent(), review, false, START);
    expect(waiting.state.phase).toBe('PLAN_REVIEWED');
    expect(tasks(waiting)).toMatchObject([{ subject: 'fieldwork', roles: ['assessor'] }]);
    const begun = machine.startFieldwork(waiting.state, 'assessor-1', START);
    expect(begun.state.phase).toBe('FIELDWORK');
    expect(machine.startFieldwork(begun.state, 'assessor-1', START).entries).toEqual([]);
  });

  test('fieldwork does not begin before the plan is reviewed', () => {
    expectComplete(refusalOf(() => machine.startFieldwork(independent(), 'assessor-1', START)));
  });
});

describe('who may be the assessor', () => {
  const roster = RosterSchema.parse({
    version: 'r',
    people: [
      { id: 'assessor-1', roles: ['assessor'], mail: 'a@x.example' },
      { id: 'assessor-2', roles: ['assessor', 'ciso'], mail: 'b@x.example' },
      { id: 'assessor-3', roles: ['assessor'], mail: 'c@x.example', ownsControls: ['link-two-factor'] },
      { id: 'ciso-1', roles: ['ciso'], mail: 'd@x.example' },
    ],
    delegates: [
      { person: 'assessor-1', role: 'evaluator', from: '2020-12-01T00:00:00Z', until: '2020-12-31T00:00:00Z' },
    ],
  });
  const units = (more: object) => ({ units: [{ id: 'c1', manager: 'm-1', ...more }] }) as never;

  test('somebody with that role and nothing else in the bank', () => {
    expect(() => requireIndependent(roster, units({}), 'assessor-1', START)).not.toThrow();
  });

  test.each([
    ['without the role', 'ciso-1', {}, 'roster'],
    ['with another role', 'assessor-2', {}, 'CISO'],
    ['with a control of his own', 'assessor-3', {}, 'link-two-factor'],
    ['who looks after a unit', 'assessor-1', { manager: 'assessor-1' }, 'c1'],
    ['who owns a unit', 'assessor-1', { owner: 'assessor-1' }, 'c1'],
  ])('not somebody %s', (_what, person, unit, says) => {
    const sentence = refusalOf(() => requireIndependent(roster, units(unit), person, START));
    expectComplete(sentence);
    expect(sentence.en).toContain(says);
  });

  test('not while he stands in for somebody of the bank', () => {
    const then = at('2020-12-05T00:00:00Z');
    expect(refusalOf(() => requireIndependent(roster, undefined, 'assessor-1', then)).en).toContain('evaluator');
  });
});

describe('an opinion', () => {
  test('is a draft first, whose facts the bank may check beside it', () => {
    const change = machine.submitOpinion(inTheField(), opinion(), examined('h1'), START);
    expect(change.state).toMatchObject({ phase: 'DRAFT_OPINION', versions: 1, last: { version: 1, hash: 'h1' } });
    expect(rows(change)[0]).toMatchObject({
      do: 'recordOpinion',
      version: 1,
      stage: 'draft',
      hash: 'h1',
      report: REPORT,
    });
    expect(tasks(change)).toMatchObject([{ subject: 'factCheck', roles: ['providerManager', 'ciso'] }]);
    const check = machine.factCheck(change.state, remarks, 'ciso', START);
    expect(check.state).toMatchObject({ phase: 'FACT_CHECK', versions: 1, last: { version: 1, hash: 'h1' } });
    expect(rows(check).map((row) => row.do)).not.toContain('recordOpinion');
    expect(rows(check)[0]).toMatchObject({ do: 'recordFactCheck', n: 1, version: 1, remarks: remarks.remarks });
  });

  test('becomes final as it is given, and ends the evaluation', () => {
    const { state } = final();
    expect(machine.evaluationStage(state)).toBe('FINAL_WITH_EXCEPTIONS');
    expect(machine.evaluationOver(state)).toBe(true);
    expect(machine.evaluationStage(final({ opinion: 'clean', exceptions: [] }).state)).toBe('FINAL');
    expect(machine.evaluationStage(final({ opinion: 'adverse' }).state)).toBe('FINAL_ADVERSE');
  });

  test('may be drafted again after the fact check, under the next number', () => {
    const again = machine.submitOpinion(checked(), opinion(), examined('h3'), START).state;
    expect(again).toMatchObject({ phase: 'DRAFT_OPINION', versions: 2 });
  });

  test('that is sent twice is one version', () => {
    expect(machine.submitOpinion(drafted(), opinion(), examined('h1'), START).entries).toEqual([]);
    const { state } = final();
    expect(machine.submitOpinion(state, opinion({ stage: 'final' }), examined('h2'), START).entries).toEqual([]);
  });

  test('is not final before the bank could check its facts, and no draft comes before the fieldwork', () => {
    for (const state of [inTheField(), drafted()])
      expectComplete(refusalOf(() => machine.submitOpinion(state, opinion({ stage: 'final' }), examined('h9'), START)));
    expectComplete(refusalOf(() => machine.submitOpinion(independent(), opinion(), examined('h9'), START)));
  });

  test('once final does not change any more, and nobody checks it', () => {
    const { state } = final();
    for (const stage of ['draft', 'final'])
      expectComplete(refusalOf(() => machine.submitOpinion(state, opinion({ stage }), examined('h9'), START)));
    expectComplete(refusalOf(() => machine.factCheck(state, remarks, 'ciso', START)));
    expectComplete(refusalOf(() => machine.factCheck(inTheField(), remarks, 'ciso', START)));
  });

  test.each([
    ['a clean one with exceptions', { opinion: 'clean' }],
    ['one with exceptions that names none', { exceptions: [] }],
  ])('%s is refused with a right example', (_what, more) => {
    const raw = { ...opinion(), ...more };
    expect(refusalOf(() => parseInput(SubmitOpinionInput, raw, {})).en).toContain('"exceptions"');
  });
});

describe('what an opinion says of stopped units', () => {
  const states = (...its: string[]) => its.map((state, index) => ({ function: `f${index}`, state }));
  const of = (suspended: boolean, ...its: string[]) =>
    machine.contradictionsIn([{ unit: 'c6', reason: 'x', suspended }], () => states(...its)).length;

  test('holds only where every function of the unit was read back as stopped', () => {
    expect(of(true, 'SUSPENDED')).toBe(0);
    expect(of(true, 'SUSPENDED', 'SUSPENDED')).toBe(0);
    expect(of(true, 'SUSPENDED', 'ACTIVE')).toBe(1);
    expect(of(true, 'RESTRICTED')).toBe(1);
    expect(of(true)).toBe(1);
    expect(of(false, 'SUSPENDED')).toBe(1);
    expect(of(false, 'SUSPENDED', 'ACTIVE')).toBe(0);
    expect(of(false)).toBe(0);
  });

  test('is alarmed where it does not hold, and the opinion is kept all the same', () => {
    const change = machine.submitOpinion(inTheField(), opinion(), examined('h1', [contradiction]), START);
    expect(kinds(change)).toEqual(['opinionDrafted', 'alarm.opinionContradicted']);
    expect(tasks(change).map((row) => row.do === 'openTask' && row.subject)).toEqual(['factCheck', 'contradiction']);
    expect(machine.evaluationQuestions(change.state).map(({ subject }) => subject)).toEqual(['contradiction']);
  });

  test('keeps a final opinion on somebody’s desk until it was looked into', () => {
    const { state } = final({}, [contradiction]);
    expect(machine.evaluationStage(state)).toBe('FINAL_WITH_EXCEPTIONS');
    expect(machine.evaluationOver(state)).toBe(false);
    const done = decide(state, 'contradiction', 'looked-into', 'audit-1').state;
    expect(done.last).toEqual(state.last);
    expect(machine.evaluationOver(done)).toBe(true);
  });

  test('is looked at anew with each version', () => {
    expect(machine.submitOpinion(checked([contradiction]), opinion(), examined('h4'), START).state.contradicted).toBe(
      undefined,
    );
  });
});

describe('time', () => {
  /** Lets every clock strike up to an instant. */
  function until(state: EvaluationState, end: Instant) {
    const changes: Change<EvaluationState>[] = [];
    for (let due = machine.nextEvaluationClock(state); due && due <= end; due = machine.nextEvaluationClock(state)) {
      const change = machine.evaluationClock(state, due);
      expect(change.entries.length).toBeGreaterThan(0);
      changes.push(change);
      state = change.state;
    }
    return { state, kinds: changes.flatMap(kinds) };
  }
  const YEAR = plus(START, 'P365D' as Duration);

  test('reminds, says that the opinion is overdue, and escalates once', () => {
    const { state, kinds: told } = until(inTheField(), YEAR);
    expect(told).toEqual(['reminded', 'reminded', 'alarm.opinionOverdue', 'alarm.opinionEscalated']);
    expect(state.watched.standing).toBe('MISSED');
  });

  test('ends a fact check that nobody answers: the bank keeps no opinion from becoming final', () => {
    const { state, kinds: told } = until(drafted(), at('2020-10-13T00:00:00+09:00'));
    expect(told).toEqual(['alarm.factCheckMissed']);
    expect(state.phase).toBe('FACT_CHECK');
    const change = machine.submitOpinion(state, opinion({ stage: 'final' }), examined('h2'), START);
    expect(change.state.phase).toBe('FINAL');
  });

  test('strikes no more once the opinion is final', () => {
    expect(machine.nextEvaluationClock(final().state)).toBeUndefined();
  });
});

test.each([
  ['evaluation', EvaluationInput],
  ['reviewPlan', machine.ReviewPlanInput],
  ['startFieldwork', machine.StartFieldworkInput],
  ['submitOpinion', SubmitOpinionInput],
  ['factCheck', machine.FactCheckInput],
] as const)('the example of %s is a right one', (name, schema) => {
  expect(schema.safeParse(examples[name]).error).toBeUndefined();
});

test('every sentence is complete in both languages, in every phase', () => {
  const phases = [
    proposed().state,
    commissioned(),
    independent(),
    inTheField(),
    drafted([contradiction]),
    checked(),
    final().state,
  ];
  for (const state of phases) {
    expectComplete(evaluationStanding(state));
    for (const question of machine.evaluationQuestions(state)) {
      expectComplete(question.asks);
      expectComplete(question.otherwise);
    }
  }
  const words = evaluationWords(drafted([contradiction]));
  for (const sentence of Object.values(words)) expectComplete(sentence);
  for (const finally_ of [true, false])
    for (const contradicted of [true, false]) expectComplete(opinionMessage(3, finally_, contradicted));
});

test('whatever happens in whatever order, versions are numbered without a gap and a final one is the last', () => {
  const hash = fc.string({ minLength: 1, maxLength: 2 });
  const step = fc.oneof(
    fc.record({
      do: fc.constant('opinion' as const),
      stage: fc.constantFrom('draft', 'final'),
      hash,
      kind: fc.constantFrom(...OPINIONS),
    }),
    fc.record({ do: fc.constant('check' as const) }),
    fc.record({ do: fc.constant('clock' as const), days: fc.integer({ min: 0, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let state = inTheField();
      let now = START;
      const stages: string[] = [];
      for (const each of steps) {
        let change: Change<EvaluationState>;
        try {
          if (each.do === 'clock') {
            now = instant(millis(now) + each.days * 86_400_000);
            change = machine.evaluationClock(state, now);
          } else if (each.do === 'check') change = machine.factCheck(state, remarks, 'ciso', now);
          else {
            const exceptions = each.kind === 'clean' ? [] : opinion().exceptions;
            const given = opinion({ stage: each.stage, opinion: each.kind, exceptions });
            change = machine.submitOpinion(state, given, examined(each.hash), now);
          }
        } catch {
          continue;
        }
        for (const row of rows(change)) if (row.do === 'recordOpinion') stages.push(`${row.version}${row.stage}`);
        state = change.state;
      }
      expect(stages.map((stage) => parseInt(stage))).toEqual(stages.map((_stage, index) => index + 1));
      expect(stages.slice(0, -1).filter((stage) => stage.endsWith('final'))).toEqual([]);
      expect(stages.at(-1)?.endsWith('final') ?? false).toBe(state.phase === 'FINAL');
    }),
  );
});

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { exposedFunctions } from '../../src/domain/exposed.js';
import type { ChannelState } from '../../src/domain/holds.js';
import { ServiceMapSchema } from '../../src/domain/serviceMap.js';
import * as machine from '../../src/domain/suspension.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import type { InspectionState } from '../../src/domain/providerInspection.js';
import { answer, answeredAll, decide, evaluated, FINE } from './inspectionSupport.js';
import { at, authority, decision, expectComplete, inEffect, plan } from './support.js';

const services = ServiceMapSchema.parse(parse(readFileSync('playbooks/example/services.yaml', 'utf8')));
const ID = 'suspension/B/mijica-transfer-1';
const T0 = at('2020-09-16T11:45:00Z');
const CONTROL = 'member-login-detection';

const emergency = (input: object = { failedControl: CONTROL }, siblings = ['mijica-web']): SuspensionState => {
  const { state } = machine.propose(ID, plan({ emergency: true, ...input }, siblings), T0);
  return machine.order(state, T0).state;
};
const decided = (state: SuspensionState, subject: string, verdict: string): SuspensionState => {
  const question = machine.suspensionQuestions(state).find((asked) => asked.subject === subject)!;
  return machine.decide(state, decision(question, verdict), authority(), T0).state;
};
const exposed = (
  suspensions: SuspensionState[],
  states: [string, ChannelState][] = [['mijica-transfer', 'SUSPENDED']],
  losses: { incident: string; target: string }[] = [],
  inspections: InspectionState[] = [],
) => {
  const found = exposedFunctions({
    losses,
    states: new Map(states),
    suspensions,
    containments: [],
    inspections,
    services,
  });
  for (const { why } of found) expectComplete(why);
  return found.map(({ function: id, state, why }) => [id, state, why.en]);
};

describe('functions that are still exposed', () => {
  test('an emergency stop leaves those exposed that share its failed control, without any loss on record', () => {
    expect(exposed([emergency()])).toEqual([
      ['mijica-web', 'ACTIVE', `shares the failed control ${CONTROL}; not judged yet`],
    ]);
  });

  test('who kept a function is named, and it stays exposed; stopped, it is not', () => {
    const kept = decided(emergency(), 'sibling:mijica-web', 'keep');
    expect(exposed([kept])).toEqual([
      ['mijica-web', 'ACTIVE', `shares the failed control ${CONTROL}; kept by commander-1`],
    ]);
    const both: [string, ChannelState][] = [
      ['mijica-transfer', 'SUSPENDED'],
      ['mijica-web', 'SUSPENDED'],
    ];
    expect(exposed([decided(emergency(), 'sibling:mijica-web', 'stop')], both)).toEqual([]);
  });

  test('a loss on another function than the stopped one exposes that function, and it is told once', () => {
    const loss = { incident: 'B', target: 'mijica-web' };
    expect(exposed([emergency()], undefined, [loss])).toEqual([['mijica-web', 'ACTIVE', 'a loss is confirmed']]);
    expect(exposed([emergency({}, [])], undefined, [{ incident: 'B', target: 'link-c1' }])).toEqual([
      ['link-c1', 'ACTIVE', 'a loss is confirmed'],
    ]);
  });

  test('a restriction is told as what it is, and ends no exposure', () => {
    const loss = { incident: 'B', target: 'mijica-transfer' };
    expect(exposed([], [['mijica-transfer', 'RESTRICTED']], [loss])).toEqual([
      ['mijica-transfer', 'RESTRICTED', 'a loss is confirmed'],
    ]);
  });

  test('a proposal that was refused, and a stop that was reversed or lifted, blame no control any more', () => {
    const refused = decided(
      machine.propose(ID, plan({ failedControl: CONTROL }, ['mijica-web']), T0).state,
      'approve',
      'refuse',
    );
    const lifting = decided(emergency(), 'reverse', 'reverse');
    const letGo = machine.settle(lifting, 'mijica-transfer', inEffect('ACTIVE', T0), T0).state;
    const reversed = machine.released(letGo, T0).state;
    expect([refused.phase, reversed.phase]).toEqual(['refused', 'reversed']);
    expect(exposed([refused, reversed], [])).toEqual([]);
  });

  test('a function whose own mandatory item fails is exposed, with the item named, until it is stopped, mended or accepted', () => {
    const failing = evaluated(answeredAll(), { ...FINE, limits: 'INSUFFICIENT' });
    const found = [['charge-c1', 'ACTIVE', 'mandatory items of c1 fail: limits']];
    expect(exposed([], [], [], [failing])).toEqual(found);
    // An advanced item stops nothing; nor does one that was answered and not judged.
    expect(exposed([], [], [], [evaluated(answeredAll(), { ...FINE, monitoring: 'INSUFFICIENT' })])).toEqual([]);
    expect(exposed([], [], [], [answeredAll()])).toEqual([]);
    expect(exposed([], [['charge-c1', 'SUSPENDED']], [], [failing])).toEqual([]);
    const risk = { n: 1, items: ['limits'], until: T0, by: ['ciso-1', 'board-1'], reason: 'watched', acceptedAt: T0 };
    expect(exposed([], [], [], [{ ...failing, risk }])).toEqual([]);
    const again = answer(decide(failing, 'result', 'not-satisfied'), ['limits'], undefined, { missing: [] }).state;
    expect(exposed([], [], [], [again])).toEqual(found);
    expect(exposed([], [], [], [evaluated(again, { limits: 'SATISFIED' })])).toEqual([]);
  });

  test('what a person stopped by hand is not exposed; what he skipped is', () => {
    const asking = machine.settle(
      emergency(),
      'mijica-transfer',
      { kind: 'by-hand', problem: 'a person stops it' },
      T0,
    ).state;
    const ids = (state: SuspensionState) => exposed([state], []).map(([id]) => id);
    expect(ids(decided(asking, 'target:mijica-transfer', 'done-by-hand'))).toEqual(['mijica-web']);
    expect(ids(decided(asking, 'target:mijica-transfer', 'skip'))).toEqual(['mijica-transfer', 'mijica-web']);
  });
});

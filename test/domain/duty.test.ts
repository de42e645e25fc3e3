import { openContainment, lossConfirmed, LossConfirmed } from '../../src/domain/containment.js';
import { closeDuty, CloseDutyInput, dutyOf, dutyReceipt, withDuties, type Duties } from '../../src/domain/duty.js';
import { examples } from '../../src/domain/examples.js';
import { parseInput } from '../../src/domain/input.js';
import { plus } from '../../src/domain/instant.js';
import { authorise, DecisionTableSchema, RosterSchema } from '../../src/domain/roster.js';
import {
  decide,
  order,
  orderedWhenApproved,
  propose,
  suspensionQuestions,
  type SuspensionState,
} from '../../src/domain/suspension.js';
import { rowId, type Change } from '../../src/domain/transition.js';
import { DUTY_NAMES } from '../../src/domain/wording/duty.js';
import {
  at,
  authority,
  containmentTerms,
  decision,
  DIGEST,
  expectComplete,
  plan,
  policy,
  refusalOf,
  rows,
} from './support.js';

const NOW = at('2020-09-16T20:45+09:00');
const ID = 'suspension/B/transfer-1';

/** As the job does it: the change is applied, and its lines are numbered. */
const committed = ({ state, entries }: Change<SuspensionState>): SuspensionState => ({
  ...state,
  sequence: state.sequence + entries.length,
});
const emergency = () => committed(propose(ID, plan({ emergency: true }), NOW));
const stopped = () => committed(order(emergency(), NOW));
const idOf = (duties: Duties, kind: string) => Object.keys(duties).find((id) => duties[id]!.duty === kind)!;
const input = (duty: string, more: object = {}): CloseDutyInput =>
  CloseDutyInput.parse({ v: 1, duty, by: 'customer-service-1', reason: 'The notice went out', ...more });
const owner = { role: 'customerService', rosterVersion: 'roster-3' } as const;

/** Ids that the register gives to the rows of a change. */
function registered(before: SuspensionState, change: Change<SuspensionState>): string[] {
  return change.entries.flatMap((entry, line) =>
    entry.rows.flatMap((row, index) =>
      row.do === 'openDuty' ? [rowId(before.id, before.sequence + 1 + line, index)] : [],
    ),
  );
}

describe('a job knows the duties that it opened by the ids of their rows', () => {
  test('after an emergency stop', () => {
    const before = emergency();
    const change = order(before, NOW);
    expect(Object.keys(change.state.duties!)).toEqual(registered(before, change));
    expect(Object.keys(change.state.duties!)).toHaveLength(6);
    expect(idOf(change.state.duties!, 'customerNotice')).toBe(`${ID}#2.2`);
  });

  test('after an approval that brings the order along, one line further down', () => {
    const before = committed(propose(ID, plan(), NOW));
    const [question] = suspensionQuestions(before);
    const approved = decide(before, decision(question!, 'approve'), authority(), NOW);
    const change = orderedWhenApproved(approved, NOW);
    expect(Object.keys(change.state.duties!)).toEqual(registered(before, change));
    expect(idOf(change.state.duties!, 'customerNotice')).toMatch(/#3\.\d+$/);
  });

  test('after the first loss, counting on from an earlier containment of the same function', () => {
    const id = 'containment/B/mijica-transfer';
    const opened = openContainment(
      id,
      {
        incident: 'B',
        target: 'mijica-transfer',
        digest: DIGEST,
        terms: containmentTerms(),
        sequence: 7,
        round: 1,
      },
      NOW,
    );
    const loss = LossConfirmed.parse({ ...examples.lossConfirmed, confirmedAt: NOW });
    const { state } = lossConfirmed({ ...opened.state, sequence: 8 }, loss, NOW);
    expect(state.duties).toEqual({
      [`${id}#9.1`]: {
        duty: 'lossDisclosureDecision',
        owner: 'pr',
        due: plus(NOW, policy.duties.lossDisclosureDecision.within),
      },
    });
  });

  test('a change that opens none is left as it is', () => {
    const change = { state: emergency(), entries: [] };
    expect(withDuties(change)).toBe(change);
  });
});

describe('closing a duty', () => {
  const state = stopped();
  const id = idOf(state.duties!, 'customerNotice');
  const { due } = state.duties![id]!;

  test('is one line under the entity of the duty, which closes its row', () => {
    const change = closeDuty(state, input(id), owner, NOW);
    expect(change.entries).toEqual([
      {
        entity: `duty/${id}`,
        kind: 'dutyClosed',
        effectiveAt: NOW,
        content: {
          duty: 'customerNotice',
          due,
          by: 'customer-service-1',
          role: 'customerService',
          reason: 'The notice went out',
          late: false,
          rosterVersion: 'roster-3',
        },
        rows: [{ do: 'closeDuty', id }],
      },
    ]);
    const others = Object.entries(change.state.duties!).filter(([, { closed }]) => !closed);
    expect(others).toHaveLength(5);
  });

  test('after its due instant is late, at the instant itself is not', () => {
    const lateAt = (when: typeof NOW) => closeDuty(state, input(id), owner, when).state.duties![id]!.closed!.late;
    expect([lateAt(due), lateAt(plus(due, 1))]).toEqual([false, true]);
  });

  test('a second time changes nothing, whoever it is: the first receipt stands', () => {
    const first = closeDuty(state, input(id), owner, NOW).state;
    const again = closeDuty(first, input(id, { by: 'pr-1', reason: 'Me too' }), owner, plus(due, 1));
    expect(again).toEqual({ state: first, entries: [] });
    expect(dutyReceipt(id, again.state.duties![id]!.closed!)).toMatchObject({
      duty: id,
      by: 'customer-service-1',
      closedAt: NOW,
      late: false,
      identity: 'unverified',
    });
  });

  test('one that nobody opened is refused with those that are open; in a job of before duties could be closed too', () => {
    const unknown = refusalOf(() => closeDuty(state, input(`${ID}#9.9`), owner, NOW));
    expectComplete(unknown);
    expect(unknown.en).toContain(id);
    const none = refusalOf(() => dutyOf(undefined, id));
    expectComplete(none);
    expect(none.en).toContain('No duty is open');
  });

  test('does not wait in the way of the stop: no question is asked about it', () => {
    expect(suspensionQuestions(state).map(({ subject }) => subject)).not.toContainEqual(expect.stringMatching(/duty/));
    expect(rows(closeDuty(state, input(id), owner, NOW)).map((row) => row.do)).toEqual(['closeDuty']);
  });
});

test('receipts tell in both languages whether it was late', () => {
  const closed = { by: 'pr-1', role: 'pr', reason: 'Done', at: NOW } as const;
  for (const late of [true, false]) expectComplete(dutyReceipt('x', { ...closed, late }).message);
  for (const name of Object.values(DUTY_NAMES)) expectComplete(name);
});

const wrong: [string, object, RegExp][] = [
  ['an id of another form', { duty: 'customerNotice' }, /"duty" must be the id of a duty/],
  ['no reason', { reason: ' ' }, /"reason"/],
  ['a field too much', { verdict: 'done' }, /"verdict" is not a known field/],
];
test.each(wrong)('%s is refused with a right example', (_, more, sentence) => {
  const refused = refusalOf(() => parseInput(CloseDutyInput, { ...examples.closeDuty, ...more }, examples.closeDuty));
  expect(refused.en).toMatch(sentence);
  const shown: unknown = JSON.parse(refused.en.slice(refused.en.indexOf('{')));
  expect(CloseDutyInput.parse(shown)).toEqual(examples.closeDuty);
});

describe('only the owner of a duty closes it, as of now', () => {
  const roster = RosterSchema.parse({
    version: 'roster-3',
    people: [
      { id: 'customer-service-1', roles: ['customerService'], mail: 'a@bank.example', ownsControls: ['member-login'] },
      { id: 'pr-1', roles: ['pr'], mail: 'b@bank.example' },
    ],
    delegates: [{ person: 'pr-1', role: 'customerService', from: NOW, until: plus(NOW, 3_600_000) }],
  });
  const table = DecisionTableSchema.parse({ version: 'table-2', subjects: {} });
  const may = (by: string, when = NOW) =>
    authorise(roster, table, {
      rule: 'duty.customerNotice',
      verdict: 'done',
      by,
      at: when,
      owner: 'customerService',
      proposer: by,
      failedControl: 'member-login',
      votes: [],
    });

  test('the owner may, though he proposed the stop or owns the failed control', () => {
    expect(may('customer-service-1')).toEqual({ role: 'customerService', complete: true });
  });

  test('a delegate may while he is one', () => {
    expect(may('pr-1').role).toBe('customerService');
    const after = refusalOf(() => may('pr-1', plus(NOW, 3_600_000)));
    expectComplete(after);
    expect(after.en).toMatch(/does not hold a role .*head of customer service \(customer-service-1\)/);
  });

  test('somebody whom nobody knows may not', () => {
    expectComplete(refusalOf(() => may('nobody')));
  });
});

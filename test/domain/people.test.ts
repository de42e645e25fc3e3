import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { authorise, DecisionTableSchema, holders, onDuty, rolesOf, RosterSchema } from '../../src/domain/roster.js';
import type { Vote } from '../../src/domain/decision.js';
import { readParts } from '../../src/store/documents.js';
import { at, DIGEST, expectComplete, refusalOf } from './support.js';

const NOW = at('2020-09-16T20:45:00+09:00');
const person = (id: string, roles: string[], more: object = {}) => ({ id, roles, mail: `${id}@bank.example`, ...more });

const roster = RosterSchema.parse({
  version: 'roster-3',
  people: [
    person('duty-1', ['dutyOfficer']),
    person('duty-2', ['dutyOfficer']),
    person('commander-1', ['incidentCommander']),
    person('commander-2', ['incidentCommander']),
    person('ciso-1', ['ciso']),
    person('owner-1', ['serviceOwner', 'incidentCommander'], { ownsControls: ['member-login'] }),
    person('left-1', ['incidentCommander'], { until: '2020-09-01T00:00:00+09:00' }),
    person('stand-in', []),
    person('night-1', []),
  ],
  delegates: [
    {
      person: 'stand-in',
      role: 'incidentCommander',
      from: '2020-09-16T00:00:00+09:00',
      until: '2020-09-17T00:00:00+09:00',
    },
    { person: 'left-1', role: 'ciso', from: '2020-09-01T00:00:00+09:00', until: '2020-10-01T00:00:00+09:00' },
  ],
  duty: [
    { person: 'night-1', second: 'duty-1', from: '2020-09-16T18:00:00+09:00' },
    { person: 'duty-2', second: 'duty-1', from: '2020-09-01T00:00:00+09:00' },
  ],
});
const table = DecisionTableSchema.parse({
  version: 'table-2',
  subjects: {
    'suspension.propose': { seats: [['dutyOfficer', 'serviceOwner']], notProposer: false, notControlOwner: false },
    'suspension.approve': { seats: [['incidentCommander']] },
    'suspension.emergency': { seats: [['dutyOfficer']], notProposer: false, notControlOwner: false },
    'suspension.reverse': { seats: [['dutyOfficer'], ['incidentCommander', 'ciso']], notProposer: false },
    'suspension.lift': { seats: [['incidentCommander']] },
    'containment.decide': { seats: [['incidentCommander']] },
    'containment.decide.restrict': { seats: [['ciso']] },
  },
});

const ask = (rule: string, verdict: string, by: string, more: object = {}) =>
  authorise(roster, table, { rule: `suspension.${rule}`, verdict, by, at: NOW, votes: [], ...more });
const vote = (by: string, role: string): Vote => ({ subject: 'x', verdict: 'x', by, role, digest: DIGEST, at: NOW });
const refused = (...args: Parameters<typeof ask>) => {
  const sentence = refusalOf(() => ask(...args));
  expectComplete(sentence);
  return sentence;
};

describe('who may decide', () => {
  test('the commander approves what somebody else proposed', () => {
    expect(ask('approve', 'approve', 'commander-1', { proposer: 'duty-1' })).toEqual({
      role: 'incidentCommander',
      complete: true,
    });
  });

  test('nobody approves what he proposed', () => {
    expect(refused('approve', 'approve', 'commander-1', { proposer: 'commander-1' }).en).toContain('four-eyes');
  });

  test('the wrong role is refused, and told who may', () => {
    const { en, ja } = refused('approve', 'approve', 'ciso-1');
    expect(en).toContain('incident commander (commander-1, commander-2, owner-1, stand-in)');
    expect(ja).toContain('対策本部長（commander-1');
  });

  test('the owner of a failed control may propose, never approve or lift', () => {
    const failedControl = 'member-login';
    expect(ask('propose', 'start', 'owner-1', { failedControl }).complete).toBe(true);
    expect(refused('approve', 'approve', 'owner-1', { failedControl }).en).toContain(
      'may propose, never approve or lift',
    );
    refused('lift', 'approve', 'owner-1', { failedControl });
    expect(ask('approve', 'approve', 'owner-1', { failedControl: 'another' }).complete).toBe(true);
  });

  test('an unknown person is refused by id', () => {
    expect(refused('approve', 'approve', 'nobody-1').en).toContain('"nobody-1"');
  });

  test('a row that the decision table lacks is named', () => {
    expect(refused('fly', 'approve', 'commander-1').en).toContain('"suspension.fly"');
  });

  test('a row of its own for the verdict comes first', () => {
    const decide = (verdict: string, by: string) =>
      authorise(roster, table, { rule: 'containment.decide', verdict, by, at: NOW, votes: [] });
    expect(decide('suspend', 'commander-1').role).toBe('incidentCommander');
    expect(decide('restrict', 'ciso-1').role).toBe('ciso');
    refusalOf(() => decide('restrict', 'commander-1'));
  });

  test('an emergency stop is reversed only by two persons, the duty officer and a second approver', () => {
    expect(ask('reverse', 'reverse', 'duty-1')).toEqual({ role: 'dutyOfficer', complete: false });
    const votes = [vote('duty-1', 'dutyOfficer')];
    refused('reverse', 'reverse', 'duty-1', { votes });
    refused('reverse', 'reverse', 'duty-2', { votes });
    expect(ask('reverse', 'reverse', 'ciso-1', { votes })).toEqual({ role: 'ciso', complete: true });
  });

  test('nobody lifts alone by way of a cancel request: where no proposer is known, two persons approve', () => {
    const proposer = 'cancel-request';
    expect(ask('lift', 'approve', 'commander-1', { proposer }).complete).toBe(false);
    const votes = [vote('commander-1', 'incidentCommander')];
    refused('lift', 'approve', 'commander-1', { proposer, votes });
    expect(ask('lift', 'approve', 'commander-2', { proposer, votes }).complete).toBe(true);
    expect(ask('lift', 'refuse', 'commander-1', { proposer }).complete).toBe(true);
  });
});

describe('roles', () => {
  test('a delegate holds the role between his dates, the last one excluded', () => {
    expect(rolesOf(roster, 'stand-in', at('2020-09-15T23:59:59+09:00'))).toEqual([]);
    expect(rolesOf(roster, 'stand-in', at('2020-09-16T00:00:00+09:00'))).toEqual(['incidentCommander']);
    expect(rolesOf(roster, 'stand-in', at('2020-09-17T00:00:00+09:00'))).toEqual([]);
  });

  test('whoever left holds no role, not as a delegate either', () => {
    expect(rolesOf(roster, 'left-1', at('2020-08-31T00:00:00+09:00'))).toEqual(['incidentCommander']);
    expect(rolesOf(roster, 'left-1', NOW)).toEqual([]);
    refused('approve', 'approve', 'left-1');
  });

  test('who is on duty by the rota is duty officer from then on, in whatever order the rota is written', () => {
    expect(onDuty(roster, at('2020-09-16T17:59:59+09:00'))).toMatchObject({ person: 'duty-2', second: 'duty-1' });
    expect(onDuty(roster, NOW)).toMatchObject({ person: 'night-1' });
    expect(ask('emergency', 'start', 'night-1')).toEqual({ role: 'dutyOfficer', complete: true });
    refused('emergency', 'start', 'night-1', { at: at('2020-09-16T17:59:59+09:00') });
    expect(onDuty(roster, at('2020-08-01T00:00:00+09:00'))).toBeUndefined();
  });

  test('the holders of a role are named in the order of the roster', () => {
    expect(holders(roster, 'incidentCommander', NOW)).toEqual(['commander-1', 'commander-2', 'owner-1', 'stand-in']);
  });
});

describe.each(['example', 'yucho-2020'])('the decision table of the playbook %s', (name) => {
  test('leaves a received mail that belongs to nothing to the provider manager, and to nobody else of the roster', async () => {
    const { roster: people, decisions } = await readParts(path.join(PROJECT_ROOT, 'playbooks', name), [
      'roster',
      'decisions',
    ]);
    const may = people.people.filter(({ id: by }) => {
      try {
        authorise(people, decisions, { rule: 'mail.settle', verdict: 'settle', by, at: NOW, votes: [] });
        return true;
      } catch {
        return false;
      }
    });
    expect(may.map(({ id }) => id)).toEqual(holders(people, 'providerManager', NOW));
    expect(may.length).toBeGreaterThan(0);
  });
});

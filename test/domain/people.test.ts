import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import {
  authorise,
  DecisionTableSchema,
  holders,
  onDuty,
  rolesOf,
  RosterSchema,
  type Role,
} from '../../src/domain/roster.js';
import { requireDecidable } from '../../src/domain/proposal.js';
import type { Vote } from '../../src/domain/decision.js';
import { decisionName } from '../../src/domain/wording/decisionName.js';
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

  test('what may not be decided is said in words, and not by the name of its row', () => {
    const { en, ja } = refused('lift', 'approve', 'ciso-1');
    expect(en).toMatch(/^"ciso-1" does not hold a role that may decide this now \(lifting a stop\)\./);
    expect(ja).toMatch(/^「ciso-1」には今、この判断（停止の解除）をする役割がありません。/);
    expect(decisionName('containment.decide', 'restrict').ja).toBe('損失を受けた機能の制限');
    expect(decisionName('duty.customerNotice', 'done').ja).toBe('義務「お客さまへの通知」の完了');
  });

  test('every row of the shipped decision tables has its words', async () => {
    for (const playbook of ['example', 'yucho-2020']) {
      const { decisions } = await readParts(path.join(PROJECT_ROOT, 'playbooks', playbook), ['decisions']);
      for (const row of Object.keys(decisions.subjects)) {
        expectComplete(decisionName(row, ''));
        expect([row, decisionName(row, '').en]).not.toContain(`"${row}"`);
      }
    }
  });

  test('the owner of a failed control may propose, never approve or lift', () => {
    const failedControl = 'member-login';
    expect(ask('propose', 'start', 'owner-1', { failedControl }).complete).toBe(true);
    expect(refused('approve', 'approve', 'owner-1', { failedControl }).en).toContain('may propose, never decide');
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

describe('nobody evaluates a unit that he owns', () => {
  const inspection = DecisionTableSchema.parse({
    version: 'table-3',
    subjects: {
      'providerInspection.proposeEvaluation': {
        seats: [['evaluator']],
        notProposer: false,
        notControlOwner: false,
      },
      'providerInspection.evaluation': { seats: [['evaluator']] },
      'providerInspection.result': { seats: [['ciso', 'evaluator']], notProposer: false },
    },
  });
  const people = RosterSchema.parse({
    version: 'roster-4',
    people: ['evaluator-1', 'evaluator-2'].map((id) => person(id, ['evaluator'])),
  });

  test.each([
    ['proposeEvaluation', 'propose'],
    ['evaluation', 'confirm'],
    ['result', 'satisfied'],
  ])('not by %s, whatever the row of the table leaves out', (subject, verdict) => {
    const by = (id: string, unitOwner?: string) =>
      authorise(people, inspection, {
        rule: `providerInspection.${subject}`,
        verdict,
        by: id,
        at: NOW,
        votes: [],
        unitOwner,
      });
    const sentence = refusalOf(() => by('evaluator-1', 'evaluator-1'));
    expectComplete(sentence);
    expect(sentence.en).toContain('(evaluator-2)');
    expect(by('evaluator-2', 'evaluator-1').complete).toBe(true);
    expect(by('evaluator-1').complete).toBe(true);
  });
});

describe('a refusal names who may instead', () => {
  const who = (...args: Parameters<typeof ask>) => /\((?!four)([^()]*)\)\.$/.exec(refused(...args).en)?.[1];

  test('and nobody who would be refused himself: proposer, owner of the control or the unit, whoever has voted', () => {
    expect(who('approve', 'approve', 'ciso-1', { proposer: 'commander-2' })).toBe('commander-1, owner-1, stand-in');
    expect(who('approve', 'approve', 'ciso-1', { failedControl: 'member-login' })).not.toContain('owner-1');
    expect(who('lift', 'approve', 'commander-1', { unitOwner: 'commander-1' })).toBe('commander-2, owner-1, stand-in');
    const votes = [vote('commander-1', 'incidentCommander')];
    expect(who('lift', 'approve', 'commander-1', { proposer: 'cancel-request', votes })).not.toContain('commander-1');
  });

  test('and the way out, where the roster has nobody', () => {
    const alone = {
      ...roster,
      people: roster.people.filter(({ id }) => id === 'commander-1'),
      delegates: [],
      duty: [],
    };
    const question = { rule: 'suspension.approve', verdict: 'approve', by: 'commander-1', at: NOW, votes: [] };
    const sentence = refusalOf(() => authorise(alone, table, { ...question, proposer: 'commander-1' }));
    expectComplete(sentence);
    expect(sentence.en).toContain('nobody in the roster may now. Name a delegate');
  });
});

describe('a proposal that nobody could decide', () => {
  const people = (...ids: string[]) => ({
    ...roster,
    people: roster.people.filter(({ id }) => ids.includes(id)),
    delegates: roster.delegates.filter((delegate) => ids.includes(delegate.person)),
    duty: [],
  });
  type Asked = Parameters<typeof requireDecidable>;
  const expectRefused = (...asked: Asked) => expectComplete(refusalOf(() => requireDecidable(...asked)));
  const expectDecidable = (...asked: Asked) => expect(() => requireDecidable(...asked)).not.toThrow();
  const proposal = { rule: 'suspension.propose', verdict: 'start', by: 'commander-1', at: NOW };

  test('is refused at once, by four eyes or for the owner of the failed control, with the way out', () => {
    const sentence = refusalOf(() => requireDecidable(people('commander-1', 'duty-1'), table, proposal));
    expectComplete(sentence);
    expect(sentence.en).toMatch(
      /nobody in the roster could decide it .*incident commander.* Have somebody else propose/,
    );
    const two = people('commander-1', 'owner-1');
    expectDecidable(two, table, proposal);
    expectRefused(two, table, { ...proposal, failedControl: 'member-login' });
  });

  test('is no such one while a delegate is still to come', () => {
    const before = { ...proposal, at: at('2020-09-15T12:00:00+09:00') };
    expectDecidable(people('commander-1', 'stand-in'), table, before);
    expectRefused(people('commander-1'), table, before);
  });

  test('needs a person of its own for each seat', () => {
    const both = { seats: [['ciso'], ['incidentCommander', 'ciso']], notProposer: true };
    const strict = DecisionTableSchema.parse({ version: 't', subjects: { 'suspension.approve': both } });
    expectRefused(people('ciso-1', 'duty-1'), strict, { ...proposal, by: 'duty-1' });
    expectDecidable(people('ciso-1', 'commander-1'), strict, { ...proposal, by: 'duty-1' });
  });

  test('does not hold back an emergency stop', () => {
    expectDecidable(people('duty-1'), table, { ...proposal, rule: 'suspension.emergency', by: 'duty-1' });
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
  test('lets nobody propose what nobody of its roster could decide', async () => {
    const { roster: its, decisions } = await readParts(path.join(PROJECT_ROOT, 'playbooks', name), [
      'roster',
      'decisions',
    ]);
    const [audit] = holders(its, 'audit', NOW);
    const others = its.people.filter(({ roles }) => roles.includes('audit')).length > 1;
    const commission = (by: string) =>
      requireDecidable(its, decisions, { rule: 'evaluation.propose', verdict: 'start', by, at: NOW });
    if (!others) expectComplete(refusalOf(() => commission(audit!)));
    commission(holders(its, 'incidentCommander', NOW)[0]!);
  });

  test.each([
    // DOMAIN 3.2 and 3.3; the seats of a decision one after the other.
    ['notApplicable', 'confirm', [['compliance']]],
    ['proposeEvaluation', 'propose', [['evaluator']]],
    ['evaluation', 'confirm', [['evaluator']]],
    ['result', 'satisfied', [['ciso']]],
    ['result', 'not-satisfied', [['ciso']]],
    ['result', 'discuss', [['ciso', 'providerManager']]],
    ['discussion', 'evaluate', [['ciso', 'providerManager']]],
    ['discussion', 'not-satisfied', [['ciso']]],
    ['escalation', 'wait', [['incidentCommander']]],
    ['reopen', 'reopen', [['compliance']]],
    ['acceptRisk', 'accept', [['ciso'], ['board']]],
  ] as [string, string, Role[][]][])(
    'lets nobody else decide %s (%s) of an inspection',
    async (subject, verdict, seats) => {
      const { roster: its, decisions } = await readParts(path.join(PROJECT_ROOT, 'playbooks', name), [
        'roster',
        'decisions',
      ]);
      const rule = `providerInspection.${subject}`;
      const allowed = (votes: Vote[]) =>
        its.people
          .map(({ id }) => id)
          .filter((by) => {
            try {
              return Boolean(authorise(its, decisions, { rule, verdict, by, at: NOW, proposer: 'somebody', votes }));
            } catch {
              return false;
            }
          });
      const holding = (roles: Role[]) =>
        its.people.filter(({ id }) => rolesOf(its, id, NOW).some((role) => roles.includes(role))).map(({ id }) => id);
      const votes: Vote[] = [];
      for (const [index, roles] of seats.entries()) {
        const able = allowed(votes);
        expect(able).toEqual(holding(seats.slice(index).flat()));
        expect(able.length).toBeGreaterThan(0);
        const by = holding(roles)[0]!;
        votes.push({ ...vote(by, roles[0]!), verdict, subject });
      }
    },
  );

  test.each([
    ['notApplicable', 'confirm', 'compliance'],
    ['evaluation', 'confirm', 'evaluator'],
  ] as const)('has %s confirmed by another person than who proposed it', async (subject, verdict, role) => {
    const { roster: its, decisions } = await readParts(path.join(PROJECT_ROOT, 'playbooks', name), [
      'roster',
      'decisions',
    ]);
    const [proposer] = holders(its, role, NOW);
    const question = { rule: `providerInspection.${subject}`, verdict, by: proposer!, at: NOW, votes: [] };
    expect(authorise(its, decisions, question).complete).toBe(true);
    expectComplete(refusalOf(() => authorise(its, decisions, { ...question, proposer })));
  });

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

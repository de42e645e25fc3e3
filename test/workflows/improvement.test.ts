import { zoneAt } from '../../src/activities/zone.js';
import { inTalksOnIvr } from '../../src/domain/improvement.js';
import { publishDocuments } from '../../src/store/documents.js';
import { readRound } from '../../src/store/rounds.js';
import { at, expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
const START = at('2020-11-09T15:00:00+09:00');
beforeAll(async () => {
  bench = await ground.open({ start: START });
  await bench.start('inspectionRound/R2020', {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    target: '12月末',
  });
});

const id = (name: string) => `improvement/R2020/${name}`;
const input = {
  v: 1,
  round: 'R2020',
  units: ['o1'],
  subject: 'ivr-callback',
  due: '12月中',
  by: 'provider-manager-1',
  reason: 'The balance check is to give way',
};
const move = (name: string, stage: string, by = 'provider-manager-1') =>
  bench.update(id(name), 'moveStage', [{ v: 1, by, stage, reason: 'So it was agreed' }]);
const all = async () =>
  (await readRound(bench.db, bench.world.documents.providers, {
    round: 'R2020',
    at: bench.now,
    zone: zoneAt('Asia/Tokyo', bench.now),
  }))!.improvements!;
const named = async (name: string) => (await all()).find((improvement) => improvement.name === name);

test('talks on IVR call-back begin, with a unit that is inspected and with one to which nothing applies', async () => {
  await bench.start(id('ivr-o1'), input);
  const { due: _due, ...startOnly } = input;
  await bench.start(id('ivr-partners'), { ...startOnly, units: ['n1', 'n1'] });
  expect(await named('ivr-o1')).toMatchObject({
    stage: 'TALKS',
    units: ['o1'],
    due: { date: '2020-12-31', lastOpenDay: '2020-12-30' },
    firmness: 'target',
    standing: 'ON_TRACK',
  });
  expect(await named('ivr-partners')).toMatchObject({ stage: 'TALKS', units: ['n1'] });
  expect(await named('ivr-partners')).not.toHaveProperty('due');
  const units = bench.world.documents.providers!.units;
  const methods = (unit: string) => units.find((each) => each.id === unit)!.authentication.map(({ method }) => method);
  expect(inTalksOnIvr(await all(), methods)).toEqual(['o1']);
});

test.each([
  ['a unit that there is not', 'x1', { units: ['z9'] }, 'z9'],
  ['a round that there is not', 'x2', { round: 'R2019' }, 'R2019'],
  ['somebody who may not', 'x3', { by: 'pr-1' }, 'pr-1'],
  ['a day that is past', 'x4', { due: '2020-10-31' }, '"due"'],
])('none begins with %s', async (_what, name, more, says) => {
  const wanted = { ...input, ...more };
  const workflow = `improvement/${wanted.round}/${name}`;
  await bench.start(workflow, wanted);
  const refused = await refusal(bench.handle(workflow).result());
  expectReadable(refused);
  expect(refused.message).toContain(says);
});

test('its stages come one after the other, told by who may', async () => {
  expectReadable(await refusal(move('ivr-o1', 'AGREED', 'pr-1')));
  expectReadable(await refusal(move('ivr-o1', 'IN_FORCE')));
  expect(await move('ivr-o1', 'AGREED')).toEqual({ stage: 'AGREED', complete: true });
});

test('giving up is proposed by one and decided by another', async () => {
  expect(await move('ivr-partners', 'DROPPED', 'ciso-1')).toEqual({ stage: 'TALKS', complete: false });
  const drop = { subject: 'drop', verdict: 'confirm' };
  expectReadable(await refusal(bench.decide(id('ivr-partners'), { ...drop, by: 'ciso-1' })));
  await bench.decide(id('ivr-partners'), { ...drop, by: 'commander-1' });
  expect(await bench.handle(id('ivr-partners')).result()).toEqual({ stage: 'DROPPED' });
  expect(await named('ivr-partners')).toMatchObject({ stage: 'DROPPED' });
});

test('its day is reminded of, missed, escalated, and moved with the old one kept', async () => {
  await bench.pass('P60D');
  expect(await bench.kinds(id('ivr-o1'))).toEqual([
    'started',
    'stageMoved',
    'reminded',
    'reminded',
    'reminded',
    'alarm.improvementOverdue',
    'alarm.improvementEscalated',
  ]);
  // Twenty, ten and five bank days before 2020-12-31, which is closed itself, at 09:00 in Japan; escalated on the next open day.
  expect((await bench.timeline(id('ivr-o1'))).slice(2).map(({ effective_at: at_ }) => at_)).toEqual([
    ...['2020-12-03T00:00:00.000Z', '2020-12-17T00:00:00.000Z', '2020-12-24T00:00:00.000Z'],
    ...['2020-12-31T14:59:59.999Z', '2021-01-04T00:00:00.000Z'],
  ]);
  expect(await named('ivr-o1')).toMatchObject({ standing: 'MISSED' });
  expect(await bench.tasks(id('ivr-o1'))).toMatchObject([{ subject: 'due', roles: ['incidentCommander', 'ciso'] }]);
  const later = { v: 1, by: 'provider-manager-1', due: '2021-03-31', reason: 'They need a quarter more' };
  await bench.update(id('ivr-o1'), 'setDue', [later]);
  expect(await named('ivr-o1')).toMatchObject({
    due: { date: '2021-03-31' },
    earlier: ['2020-12-31'],
    standing: 'ON_TRACK',
  });
  expect(await bench.tasks(id('ivr-o1'))).toEqual([]);
});

test('in force, it asks for the method in providers.yaml, and believes only the list', async () => {
  await move('ivr-o1', 'IN_PREPARATION');
  await move('ivr-o1', 'IN_FORCE');
  expect(await bench.tasks(id('ivr-o1'))).toMatchObject([{ subject: 'method', roles: ['providerManager', 'ciso'] }]);
  const changed = { subject: 'method', verdict: 'changed', by: 'provider-manager-1' };
  const refused = await refusal(bench.decide(id('ivr-o1'), changed));
  expectReadable(refused);
  expect(refused.message).toContain('o1');
  const { documents } = bench.world;
  const providers = {
    ...documents.providers!,
    version: 'with-ivr',
    units: documents.providers!.units.map((unit) => ({
      ...unit,
      authentication: unit.authentication.map(
        (each) => ({ ...each, method: 'ivr-callback', strength: 'strong' }) as const,
      ),
    })),
  };
  await publishDocuments(bench.db, { ...documents, providers }, bench.now);
  // A worker goes on for a quarter of a second with documents that were current a moment ago.
  await new Promise((resolve) => setTimeout(resolve, 400));
  await bench.decide(id('ivr-o1'), changed);
  expect(await bench.handle(id('ivr-o1')).result()).toEqual({ stage: 'IN_FORCE' });
  expect(await named('ivr-o1')).toMatchObject({ stage: 'IN_FORCE', standing: 'MET', earlier: ['2020-12-31'] });
  expect(await bench.tasks(id('ivr-o1'))).toEqual([]);
});

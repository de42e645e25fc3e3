import { at, START, testGround, type Bench } from '../support/drillWorld.js';
import { plus, type Duration } from '../../src/domain/instant.js';

const ground = testGround();

/** Hours after the beginning. */
const after = (duration: string) => plus(START, duration as Duration);

describe('after a confirmed loss, under a policy that acts', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await ground.open();
  });

  test('nobody decides: warnings after two and three hours, and after four hours policy suspends', async () => {
    const id = await bench.loss('mijica-transfer', 'case-1', { failedControl: 'member-login-detection' });
    expect(await bench.stage(id)).toBe('DECIDING');

    await bench.pass('PT3H59M');
    expect((await bench.timeline(id)).map(({ kind, effective_at }) => [kind, effective_at])).toEqual([
      ['opened', START],
      ['lossConfirmed', START],
      ['decisionOpened', START],
      ['alarm.decisionWarning', after('PT2H')],
      ['alarm.decisionWarning', after('PT3H')],
    ]);
    expect(await bench.holds('mijica-transfer')).toEqual([]);

    await bench.pass('PT1M');
    expect((await bench.kinds(id)).slice(5)).toEqual(['alarm.decisionOverdue', 'suspendedByPolicy', 'closed']);
    const stop = 'suspension/B/mijica-transfer-r1';
    expect(await bench.stage(stop)).toBe('IN_FORCE');
    expect(await bench.kinds(stop)).toEqual(['decided', 'ordered', 'verified', 'inForce']);
    expect((await bench.line(stop, 'decided'))!.content).toMatchObject({ by: 'policy', decidedIn: id });
    expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });
});

import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open();
});

const proposal = {
  v: 1,
  incident: 'B',
  measure: 'suspend',
  targets: ['link-c1'],
  by: 'duty-1',
  reason: 'Losses go on',
};
const loss = {
  v: 1,
  incident: 'B',
  target: 'link-c1',
  reference: 'case-1',
  count: 1,
  occurredAt: '2020-09-16T00:00:00Z',
  confirmedAt: '2020-09-16T00:00:00Z',
};

describe('what is started with wrong input ends as Failed, in a sentence', () => {
  const starts: [what: string, id: string, args: unknown[], says: string][] = [
    ['no input', 'suspension/B/none', [], 'The input is missing'],
    ['null', 'suspension/B/null', [null], 'The input is missing'],
    ['a list', 'suspension/B/list', [[proposal]], 'not a list'],
    ['a bare value', 'suspension/B/value', ['link-c1'], 'not a bare value'],
    ['an unknown field', 'suspension/B/field', [{ ...proposal, limit: 5 }], '"limit"'],
    ['a field of a wrong type', 'suspension/B/type', [{ ...proposal, targets: 'link-c1' }], '"targets"'],
    ['a null character', 'suspension/B/nul', [{ ...proposal, reason: 'Losses\u0000', emergency: true }], '"reason"'],
    ['no reason', 'suspension/B/reason', [{ ...proposal, reason: ' ' }], '"reason"'],
    ['an unknown function', 'suspension/B/function', [{ ...proposal, targets: ['link-z9'] }], 'link-z9'],
    ['a target named twice', 'suspension/B/twice', [{ ...proposal, targets: ['link-c1', 'link-c1'] }], 'twice'],
    ['an unknown control', 'suspension/B/control', [{ ...proposal, failedControl: 'luck' }], 'luck'],
    ['an unknown person', 'suspension/B/person', [{ ...proposal, by: 'nobody-1' }], 'nobody-1'],
    ['an id of the wrong form', 'suspension/lower-case', [proposal], 'suspension/<incident>/<name>'],
    ['an incident that is not that of the id', 'suspension/C/incident', [proposal], '"incident"'],
    ['a run to go on with that nobody knows', 'suspension/B/unknown', [{ v: 1, resume: true }], 'holds nothing'],
    ['a containment without input', 'containment/B/link-c1', [], 'The input is missing'],
    [
      'a containment of an unknown function',
      'containment/B/link-z9',
      [{ v: 1, incident: 'B', target: 'link-z9' }],
      'link-z9',
    ],
    [
      'a containment with the id of another',
      'containment/B/link-c2',
      [{ v: 1, incident: 'B', target: 'link-c1' }],
      'containment/B/link-c1',
    ],
    [
      'a containment with an id of the wrong form',
      'containment/b',
      [{ v: 1, incident: 'B', target: 'link-c1' }],
      'containment/<incident>/<function>',
    ],
  ];

  test.each(starts)('%s', async (_what, id, args, says) => {
    const before = await bench.register();
    await bench.startRaw(id, args);
    const refused = await refusal(bench.handle(id).result());
    expectReadable(refused);
    expect(refused.message).toContain(says);
    expect((await bench.handle(id).describe()).status.name).toBe('FAILED');
    expect(await bench.brokenTasks(id)).toBe(0);
    expect(await bench.register()).toEqual(before);
  });

  test('an id that is taken in the register is refused, whether its workflow runs or ended', async () => {
    const id = await bench.propose('taken', ['link-c1']);
    await bench.decide(id, { subject: 'approve', verdict: 'refuse', by: 'commander-1' });
    const before = await bench.register();
    await bench.start(id, proposal);
    const refused = await refusal(bench.handle(id).result());
    expectReadable(refused);
    expect(refused.message).toContain('was used before');
    expect(await bench.register()).toEqual(before);
  });
});

describe('a wrong update is refused in a sentence, and changes nothing', () => {
  let id: string;
  beforeAll(async () => {
    id = await bench.propose('updates', ['link-c2']);
  });
  const decision = {
    v: 1,
    subject: 'approve',
    verdict: 'approve',
    by: 'commander-1',
    reason: 'It is right',
    digest: 'x',
  };
  const lift = { v: 1, by: 'duty-1', reason: 'It is right' };

  const updates: [what: string, update: string, args: unknown[], says: string][] = [
    ['a decision without input', 'decide', [], 'The input is missing'],
    ['a list', 'decide', [[decision]], 'not a list'],
    ['a bare value', 'decide', ['approve'], 'not a bare value'],
    ['an unknown field', 'decide', [{ ...decision, note: 'x' }], '"note"'],
    ['no name', 'decide', [{ ...decision, by: undefined }], '"by"'],
    ['another version', 'decide', [{ ...decision, v: 2 }], '"v"'],
    ['half a character', 'decide', [{ ...decision, reason: 'Right \ud83d' }], '"reason"'],
    ['a subject of a wrong form', 'decide', [{ ...decision, subject: 'a b' }], '"subject"'],
    ['a lift without input', 'proposeLift', [], 'The input is missing'],
    ['a lift with an unknown field', 'proposeLift', [{ ...lift, digest: 'x' }], '"digest"'],
    ['a lift by a stranger, of what is not in force', 'proposeLift', [{ ...lift, by: 'stranger-9' }], 'stranger-9'],
  ];

  test.each(updates)('%s', async (_what, update, args, says) => {
    const before = await bench.register();
    const refused = await refusal(bench.update(id, update, args));
    expectReadable(refused);
    expect(refused.message).toContain(says);
    expect(await bench.register()).toEqual(before);
    expect(await bench.brokenTasks(id)).toBe(0);
    expect((await bench.handle(id).describe()).status.name).toBe('RUNNING');
  });
});

describe('a wrong signal is not lost: the timeline says so, and people are called once', () => {
  const signals: [what: string, args: unknown[]][] = [
    ['no input', []],
    ['a list', [[loss]]],
    ['a bare value', ['lost']],
    ['a wrong field', [{ ...loss, count: 'four' }]],
  ];

  test.each(signals)('to a suspension: %s', async (_what, args) => {
    const id = 'suspension/B/signals';
    if ((await bench.stage(id)) === undefined) await bench.inForce('signals', ['link-c3']);
    const before = (await bench.alarms(id)).length;
    await bench.signal(id, 'lossConfirmed', ...args);
    expect((await bench.alarms(id)).slice(before)).toEqual(['alarm.signalNotUnderstood']);
    expect((await bench.timeline(id)).at(-1)!.content).toMatchObject({
      signal: 'lossConfirmed',
      problem: expect.any(String),
    });
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['signal:lossConfirmed']);
    expect(await bench.brokenTasks(id)).toBe(0);
    expect(await bench.stage(id)).toBe('IN_FORCE');
  });

  test('a sender that repeats its mistake repeats the alarm, not the call', async () => {
    const id = 'suspension/B/signals';
    const calls = async () =>
      (await bench.mails()).filter(({ subject }) => subject.includes('signal:lossConfirmed')).length;
    const [called, alarmed] = [await calls(), (await bench.alarms(id)).length];
    await bench.signal(id, 'lossConfirmed', { ...loss, count: 'four' });
    expect(await calls()).toBe(called);
    expect((await bench.alarms(id)).length).toBe(alarmed + 1);
  });

  test('what the sender wrote does not stand in the timeline', async () => {
    const id = 'suspension/B/signals';
    await bench.signal(id, 'driftFound', { v: 1, target: '口座 1234567', readBack: 'OPEN' });
    expect((await bench.timeline(id)).at(-1)!.content).toMatchObject({ signal: 'driftFound' });
    expect(JSON.stringify(await bench.register())).not.toContain('1234567');
  });

  test('to a containment: wrong losses and reports are told, and right ones are still taken', async () => {
    const id = await bench.loss('link-c4', 'c4-1');
    await bench.signal(id, 'lossConfirmed', { ...loss, target: 'link-c4', confirmedAt: 'yesterday' });
    await bench.signal(id, 'measureOpened');
    await bench.signal(id, 'measureOpened', { suspension: 4 });
    expect(await bench.alarms(id)).toEqual(Array(3).fill('alarm.signalNotUnderstood'));
    await bench.signal(id, 'lossConfirmed', { ...loss, target: 'link-c4', reference: 'c4-2' });
    expect((await bench.kinds(id)).at(-1)).toBe('decisionDueEarlier');
    expect(await bench.brokenTasks(id)).toBe(0);
  });

  test('a wrong first signal, sent with the start, is told too', async () => {
    const id = await bench.loss('link-c5', 'c5-1', { count: 0 });
    expect(await bench.kinds(id)).toEqual(['opened', 'alarm.signalNotUnderstood']);
    expect(await bench.stage(id)).toBe('AWAITING_LOSS');
  });

  test('a loss on another function is told as misdirected', async () => {
    const id = await bench.loss('link-c6', 'c6-1');
    await bench.signal(id, 'lossConfirmed', { ...loss, target: 'link-o1', reference: 'o1-1' });
    expect(await bench.alarms(id)).toEqual(['alarm.lossMisdirected']);
    const task = (await bench.tasks(id)).find(({ subject }) => subject === 'signal:lossConfirmed')!;
    for (const text of [task.asks_en, task.asks_ja]) expect(text).toContain('containment/B/link-o1');
  });

  test('a drift of a target that is none of this suspension changes nothing', async () => {
    const id = 'suspension/B/signals';
    const before = await bench.register();
    await bench.signal(id, 'driftFound', { v: 1, target: 'link-o6', readBack: 'ACTIVE', at: bench.now });
    expect(await bench.register()).toEqual(before);
  });
});

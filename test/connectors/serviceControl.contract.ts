import type { ControlOrder, ControlTarget, ServiceControl } from '../../src/connectors/serviceControl/index.js';

/** What the suite needs from the outside world of one connector. */
export interface Subject {
  readonly control: ServiceControl;
  /** A target that the outside knows, active at first. */
  readonly target: ControlTarget;
  /** A target that the outside does not know. */
  readonly stranger: ControlTarget;
  /** Who acts: a system, or a person that the answers instruct. */
  readonly actor: 'system' | 'person';
  /** How many orders took effect on the target; of a system only. */
  effects?(): Promise<number>;
  /** Texts that must stand in no answer. */
  readonly secrets: readonly string[];
  close?(): Promise<void>;
}

/** What every connector for service control promises, whatever stands behind it. */
export function serviceControlContract(name: string, setup: () => Promise<Subject>): void {
  describe(`a connector for service control: ${name}`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await setup();
    });
    afterAll(() => subject.close?.());

    let number = 0;
    const order = (wanted: ControlOrder['wanted']): ControlOrder => ({
      key: `function/${subject.target.id}/order/${(number += 1)}`,
      wanted,
      inFlight: 'finish',
      ...(wanted === 'RESTRICTED' ? { limitYen: 10_000 } : {}),
      reason: 'contract',
    });
    const expectInstruction = (answer: unknown) => {
      const { kind, instruction } = answer as { kind: string; instruction: { ja: string; en: string } };
      expect(kind).toBe('by-hand');
      for (const text of [instruction.ja, instruction.en]) {
        expect(text).toContain(subject.target.id);
        expect(text).not.toContain('{{');
      }
      expect(instruction.ja).toContain('名前');
      expect(instruction.en).toContain('name');
    };

    test.each(['SUSPENDED', 'RESTRICTED', 'ACTIVE'] as const)(
      'an order to be %s is taken, and the read-back tells it or a person is asked to',
      async (wanted) => {
        const sent = await subject.control.send(subject.target, order(wanted));
        const read = await subject.control.read(subject.target);
        if (subject.actor === 'system') {
          expect(sent).toEqual({ kind: 'accepted' });
          expect(read).toMatchObject({
            ...{ kind: 'state', state: wanted },
            // The limit is read back with a restriction, and says nothing of another state.
            ...(wanted === 'RESTRICTED' && { limitYen: 10_000 }),
          });
          if (wanted !== 'RESTRICTED') expect(read).not.toHaveProperty('limitYen');
        } else {
          expectInstruction(sent);
          expectInstruction(read);
        }
      },
    );

    test('the same order sent again gets the same answer and has no second effect', async () => {
      const stop = order('SUSPENDED');
      const first = await subject.control.send(subject.target, stop);
      const effects = await subject.effects?.();
      expect(await subject.control.send(subject.target, stop)).toEqual(first);
      expect(await subject.effects?.()).toBe(effects);
    });

    test('the outside test tells refused after a stop, or there is none', async () => {
      await subject.control.send(subject.target, order('SUSPENDED'));
      const expected = subject.actor === 'system' ? 'refused' : 'none';
      expect(await subject.control.probe(subject.target)).toEqual({ kind: expected });
    });

    test('a target that the outside does not know is never said to be stopped', async () => {
      const sent = await subject.control.send(subject.stranger, order('SUSPENDED'));
      expect(sent.kind).toBe(subject.actor === 'system' ? 'refused' : 'by-hand');
      const read = await subject.control.read(subject.stranger);
      expect(read.kind).toBe(subject.actor === 'system' ? 'unknown' : 'by-hand');
      const probe = await subject.control.probe(subject.stranger);
      expect(probe.kind).toBe(subject.actor === 'system' ? 'unknown' : 'none');
    });

    test('a call that was ended by its caller still answers with a value', async () => {
      const ended = AbortSignal.abort();
      const answers = [
        await subject.control.send(subject.target, order('ACTIVE'), ended),
        await subject.control.read(subject.target, ended),
        await subject.control.probe(subject.target, ended),
      ];
      const expected = subject.actor === 'system' ? ['unknown', 'unknown', 'unknown'] : ['by-hand', 'by-hand', 'none'];
      expect(answers.map(({ kind }) => kind)).toEqual(expected);
    });

    test('answers are plain JSON and hold no secret', async () => {
      const answers = [
        await subject.control.send(subject.target, order('ACTIVE')),
        await subject.control.read(subject.target),
        await subject.control.probe(subject.target),
        await subject.control.send(subject.stranger, order('ACTIVE')),
        await subject.control.read(subject.stranger),
      ];
      expect(JSON.parse(JSON.stringify(answers))).toEqual(answers);
      for (const secret of subject.secrets) expect(JSON.stringify(answers)).not.toContain(secret);
    });
  });
}

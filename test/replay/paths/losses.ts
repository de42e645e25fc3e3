import { instant } from '../../../src/domain/instant.js';
import type { LiveOperator } from '../../support/liveOperator.js';
import { said, type Paths, type Recorder } from '../recorder.js';
import { anotherRunWrites, lift, reconcileAsked } from './suspension.js';

const limited = { measure: 'restrict', limitYen: 30_000 } as const;

/** A loss that is told straight to a suspension. */
async function tell({ world }: Recorder, workflowId: string, target: string, reference: string): Promise<void> {
  const now = instant(Date.now());
  const { incident }: LiveOperator = world.operator;
  const loss = { v: 1, incident, target, reference, count: 1, occurredAt: now, confirmedAt: now };
  await world.client.workflow.getHandle(workflowId).signal('lossConfirmed', loss);
}

/** Losses and cancel requests that come when a measure stands already, played in a world of their own. */
export const LOSSES: Paths = {
  'losses on what is stopped, by both doors, and a cancel request that comes during the watch': {
    files: ['suspension-loss-told', 'containment-loss-after-stop'],
    async play(recorder) {
      const workflowId = await recorder.inForce('told', ['link-c1']);
      await tell(recorder, workflowId, 'link-c1', 'case-1');
      await recorder.operator.told(workflowId, 'alarm.lossAfterStop');
      const fire = await recorder.operator.loss('link-c1', 'case-2');
      await recorder.result(fire.workflowId);
      await lift(recorder, workflowId);
      await recorder.handle(workflowId).cancel();
      await recorder.result(workflowId);
      await recorder.save('suspension-loss-told', workflowId, [
        ...['inForce', 'lossConfirmed', 'alarm.lossAfterStop', 'watchStarted', 'cancelRequested', 'lifted'],
      ]);
      await recorder.save('containment-loss-after-stop', fire.workflowId, ['lossConfirmed', 'alarm.lossAfterStop']);
    },
  },
  'a restriction that is kept for another day, and then no more': {
    files: ['suspension-restriction-redecided'],
    async play(recorder) {
      const workflowId = await recorder.inForce('limit', ['link-c2'], limited);
      await recorder.decide(workflowId, 'review', 'keep', 'commander-1');
      await recorder.operator.told(workflowId, 'alarm.redecisionOverdue');
      await recorder.operator.stage(workflowId, 'IN_FORCE');
      await recorder.save('suspension-restriction-redecided', workflowId, [
        ...['inForce', 'reviewed', 'alarm.redecisionOverdue', 'verified', 'inForce'],
      ]);
    },
  },
  'a restriction that the next loss trips, by the usual door': {
    files: ['suspension-restriction-tripped', 'containment-restriction-tripped'],
    async play(recorder) {
      const workflowId = await recorder.inForce('limit-tripped', ['link-c3'], limited);
      const fire = await recorder.operator.loss('link-c3', 'case-3');
      await recorder.result(fire.workflowId);
      await recorder.operator.told(workflowId, 'alarm.tripwire');
      await recorder.operator.stage(workflowId, 'IN_FORCE');
      await recorder.save('suspension-restriction-tripped', workflowId, [
        ...['inForce', 'lossConfirmed', 'alarm.tripwire', 'verified', 'inForce'],
      ]);
      await recorder.save('containment-restriction-tripped', fire.workflowId, ['lossConfirmed', 'closed']);
    },
  },
  'a loss that comes while history and register are apart, and that the next run takes first': {
    files: ['suspension-unread-left', 'suspension-unread-taken'],
    async play(recorder) {
      const workflowId = await recorder.inForce('unread', ['link-c4']);
      await recorder.operator.told(workflowId, 'inForce');
      const first = await recorder.runId(workflowId);
      await anotherRunWrites(recorder, workflowId);
      await expect(recorder.decide(workflowId, 'review', 'keep', 'commander-1')).rejects.toThrow();
      await reconcileAsked(recorder, workflowId);
      await tell(recorder, workflowId, 'link-c4', 'case-4');
      await recorder.handle(workflowId).signal('reconcile', { v: 1, by: 'duty-1' });
      const second = await recorder.nextRun(workflowId, first);
      await recorder.operator.told(workflowId, 'alarm.lossAfterStop');
      await recorder.update(workflowId, 'proposeLift', { by: 'ciso-1', ...said });
      await recorder.save('suspension-unread-left', workflowId, ['ordered', 'inForce'], first);
      await recorder.save(
        'suspension-unread-taken',
        workflowId,
        ['lossConfirmed', 'alarm.lossAfterStop', 'liftProposed'],
        second,
      );
    },
  },
};

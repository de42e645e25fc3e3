import type { Paths } from '../recorder.js';

export const CONTAINMENTS: Paths = {
  'a containment that nobody decides, and the suspension by policy': {
    files: ['containment-timed-out', 'suspension-by-policy'],
    async play(recorder) {
      const { workflowId } = await recorder.operator.loss('link-c1', 'case-1');
      await recorder.result(workflowId);
      await recorder.save('containment-timed-out', workflowId, [
        ...['lossConfirmed', 'decisionOpened', 'alarm.decisionWarning', 'alarm.decisionWarning'],
        ...['alarm.decisionOverdue', 'suspendedByPolicy', 'closed'],
      ]);
      const suspension = 'suspension/G/link-c1-r1';
      await recorder.operator.told(suspension, 'alarm.reviewDue');
      await recorder.save('suspension-by-policy', suspension, [
        ...['decided', 'ordered', 'verified', 'inForce', 'alarm.reviewDue'],
      ]);
    },
  },
  'a restriction that is decided again, and then no more': {
    files: ['containment-restricted-redecided'],
    async play(recorder) {
      const { workflowId } = await recorder.operator.loss('mijica-transfer', 'case-2');
      await recorder.decide(workflowId, 'decide', 'restrict', 'owner-mijica');
      await recorder.operator.stage('suspension/G/mijica-transfer-r1', 'IN_FORCE');
      await recorder.decide(workflowId, 'decide', 'continue', 'commander-1');
      await recorder.result(workflowId);
      await recorder.save('containment-restricted-redecided', workflowId, [
        ...['lossConfirmed', 'decided', 'decided', 'alarm.redecisionOverdue', 'suspendedByPolicy', 'closed'],
      ]);
    },
  },
  'a decision to continue that the next loss trips': {
    files: ['containment-tripped'],
    async play(recorder) {
      const { workflowId } = await recorder.operator.loss('link-c2', 'case-3');
      await recorder.decide(workflowId, 'decide', 'continue', 'commander-1');
      await recorder.operator.loss('link-c2', 'case-4');
      await recorder.result(workflowId);
      await recorder.save('containment-tripped', workflowId, ['decided', 'lossConfirmed', 'alarm.tripwire', 'closed']);
    },
  },
};

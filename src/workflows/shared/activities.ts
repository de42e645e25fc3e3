import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

/**
 * The register: short reads and writes beside the workflow. Retried for as long as the register is away; what it refuses
 * comes back as a value.
 */
export const register = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '100 ms', maximumInterval: '5 s' },
});

/** Three beats may be missed by a busy machine; whoever is given up by mistake finds his order settled by another. */
const LOST_AFTER = '6 s';

/** The outside world: answers within 20 seconds what it said. Retried only for a lost worker or register. */
export const control = proxyActivities<Activities>({
  taskQueue: 'control',
  startToCloseTimeout: '30 s',
  heartbeatTimeout: LOST_AFTER,
  retry: { initialInterval: '200 ms', maximumInterval: '5 s' },
});

export const sweeping = proxyActivities<Activities>({
  taskQueue: 'control',
  startToCloseTimeout: '5 min',
  heartbeatTimeout: LOST_AFTER,
  retry: { initialInterval: '1 s', maximumInterval: '10 s' },
});

import '../worker/utc.js';
import path from 'node:path';
import { createActivities } from '../activities/index.js';
import { openActivityDeps } from '../activities/deps.js';
import { PROJECT_ROOT, QUEUES, readConfig } from '../config.js';
import { exitWithParent } from '../stack/exitWithParent.js';
import { createLog } from '../worker/logger.js';
import { runToExit, stopOnSignals } from '../worker/processSignals.js';
import { runWorkerProcess } from '../worker/run.js';

/** The worker of a drill: the workflows of every day under the drill's clock, with simulators for the outside world. */
const log = createLog('drill-worker');
const stop = stopOnSignals(log);
exitWithParent();

await runToExit(log, async () => {
  const config = readConfig();
  if (!config.namespace.startsWith('drill-')) throw new Error('A drill worker serves namespaces of drills only.');
  await runWorkerProcess({
    config,
    queues: QUEUES,
    bundlePath: path.join(PROJECT_ROOT, 'dist', 'workflows.drill.bundle.js'),
    openActivities(_client, tokenKeys) {
      const { deps, close } = openActivityDeps(config, {
        drill: true,
        tokenKeys,
        onError: (error) => log.warn({ error }, 'A connection to the register broke'),
      });
      return Promise.resolve({ activities: createActivities(deps), close });
    },
    checkDatabase: () => Promise.resolve(),
    stop: stop.signal,
    // A worker that was killed is missed after these seconds, not after the live defaults.
    overrides: { stickyQueueScheduleToStartTimeout: '1s' },
  });
});

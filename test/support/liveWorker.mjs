import '../../dist/worker/utc.js';
import { createActivities } from '../../dist/activities/index.js';
import { openActivityDeps } from '../../dist/activities/deps.js';
import { QUEUES, readConfig } from '../../dist/config.js';
import { exitWithParent } from '../../dist/stack/exitWithParent.js';
import { createLog } from '../../dist/worker/logger.js';
import { runToExit, stopOnSignals } from '../../dist/worker/processSignals.js';
import { runWorkerProcess } from '../../dist/worker/run.js';

/** The worker of every day with another bundle (`LIVE_BUNDLE`) or a name of its own in histories (`LIVE_IDENTITY`). */
const log = createLog('worker');
const stop = stopOnSignals(log);
exitWithParent();

await runToExit(log, async () => {
  const config = readConfig();
  await runWorkerProcess({
    config,
    queues: QUEUES,
    bundlePath: process.env.LIVE_BUNDLE,
    async openActivities(client, tokenKeys) {
      const { deps, close } = openActivityDeps(config, { client, tokenKeys });
      return { activities: createActivities(deps), close };
    },
    checkDatabase: async () => undefined,
    stop: stop.signal,
    ...(process.env.LIVE_IDENTITY && { overrides: { identity: process.env.LIVE_IDENTITY } }),
  });
});

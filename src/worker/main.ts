import './utc.js';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createActivities } from '../activities/index.js';
import { openActivityDeps } from '../activities/deps.js';
import { PROJECT_ROOT, QUEUES, readConfig, type Queue } from '../config.js';
import { Refusal } from '../domain/refusal.js';
import { exitWithParent } from '../stack/exitWithParent.js';
import { openStore } from '../store/open.js';
import { createLog } from './logger.js';
import { runToExit, stopOnSignals } from './processSignals.js';
import { runWorkerProcess } from './run.js';

/** `node dist/worker/main.js --queues process,control,payout` */
const log = createLog('worker');
const stop = stopOnSignals(log);
exitWithParent();

await runToExit(log, async () => {
  const config = readConfig();
  // A connection of its own: a pool that is busy does not make the process not ready.
  const register = openStore(config.databaseUrl, { max: 1 });
  await runWorkerProcess({
    config,
    queues: parseQueues(),
    bundlePath: path.join(PROJECT_ROOT, 'dist', 'workflows.bundle.js'),
    async openActivities(client, tokenKeys) {
      const onError = (error: Error) => log.warn({ error }, 'A connection to the register broke');
      const { deps, close } = openActivityDeps(config, { client, onError, tokenKeys });
      return { activities: createActivities(deps), close };
    },
    async checkDatabase() {
      await register.pool.query('select 1');
    },
    stop: stop.signal,
  });
  await register.close();
});

/** @throws Refusal for a queue that does not exist. */
function parseQueues(): Queue[] {
  const { values } = parseArgs({ options: { queues: { type: 'string' } }, strict: false });
  const asked = typeof values['queues'] === 'string' ? values['queues'].split(',').filter(Boolean) : [...QUEUES];
  const unknown = asked.find((queue) => !(QUEUES as readonly string[]).includes(queue));
  if (unknown !== undefined || asked.length === 0) {
    const right = `--queues ${QUEUES.join(',')}`;
    throw new Refusal({
      en: `"${unknown ?? ''}" is no queue. Name one or more, for example ${right}`,
      ja: `「${unknown ?? ''}」というキューはありません。次の例のように一つ以上指定してください: ${right}`,
    });
  }
  return [...new Set(asked)] as Queue[];
}

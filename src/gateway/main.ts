import { readConfig, readPorts } from '../config.js';
import { exitWithParent } from '../stack/exitWithParent.js';
import { takenPort } from '../stack/ports.js';
import { openKeyRing } from '../worker/keyRing.js';
import { createLog } from '../worker/logger.js';
import { runToExit, stopOnSignals } from '../worker/processSignals.js';
import { codecServer } from './codecServer.js';
import { createGateway } from './server.js';

/** `node dist/gateway/main.js`: the codec server of the Web UI and the CLI. */
const log = createLog('gateway');
const stop = stopOnSignals(log);
exitWithParent();

await runToExit(log, async () => {
  const config = readConfig();
  const keyRing = openKeyRing(config.stateDir);
  const gateway = await createGateway(log, [
    codecServer({ keyRing, defaultNamespace: config.namespace, uiUrl: config.uiUrl }),
  ]);
  const port = Number(process.env['HIKESHI_CODEC_PORT'] ?? readPorts().codec);
  const url = await gateway
    .listen({ host: process.env['HIKESHI_BIND'] ?? '127.0.0.1', port })
    .catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? takenPort(port, 'codec') : error;
    });
  process.stdout.write(`${JSON.stringify({ ready: true, codec: url })}\n`);
  log.info({ url, namespace: config.namespace }, 'The gateway is running');
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  await gateway.close();
});

import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { zoneAt } from '../activities/zone.js';
import { readConfig, readPorts, type Config, type PortName } from '../config.js';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import { environmentSecrets } from '../connectors/serviceControl/index.js';
import { instant } from '../domain/instant.js';
import { exitWithParent } from '../stack/exitWithParent.js';
import { takenPort } from '../stack/ports.js';
import { currentDocuments } from '../store/documents.js';
import { openStore } from '../store/open.js';
import { dataConverterFor } from '../worker/dataConverter.js';
import { openKeyRing, type KeyRing } from '../worker/keyRing.js';
import { createLog } from '../worker/logger.js';
import { runToExit, stopOnSignals } from '../worker/processSignals.js';
import { codecServer } from './codecServer.js';
import { createForms } from './forms/server.js';
import { trustedProxies } from './forms/trustedProxies.js';
import { createGateway } from './server.js';

/**
 * `node dist/gateway/main.js`: the codec server of the Web UI and the CLI, and, on a port of their own, the answer pages
 * the webhook of providers and the way in for received mail.
 */
const log = createLog('gateway');
const stop = stopOnSignals(log);
exitWithParent();

await runToExit(log, async () => {
  const config = readConfig();
  const keyRing = openKeyRing(config.stateDir);
  const codec = await createGateway(log, [
    codecServer({ keyRing, defaultNamespace: config.namespace, uiUrl: config.uiUrl }),
  ]);
  const store = openStore(config.databaseUrl, { onError: (error) => log.warn({ error }, 'The register broke off') });
  const temporal = lazyTemporal(config, keyRing);
  const forms = await createForms(log, {
    store,
    signaller: inspectionSignals(temporal.client),
    keys: () => keyRing.all(config.namespace),
    now: () => instant(Date.now()),
    zone: async () => zoneAt((await currentDocuments(store.db)).playbook.zone, instant(Date.now())),
    // `HIKESHI_SECRET_WEBHOOK_C1` for the unit c1.
    webhookSecrets: (unit) => secretsOf(`WEBHOOK_${unit.toUpperCase().replaceAll('-', '_')}`),
    mailSecrets: () => secretsOf('INBOUND_MAIL'),
    trustProxy: trustedProxies(process.env['HIKESHI_FORMS_TRUST_PROXY']),
  });
  const codecUrl = await listen(codec, 'codec', 'HIKESHI_CODEC_PORT');
  const formsUrl = await listen(forms, 'forms', 'HIKESHI_FORMS_PORT');
  process.stdout.write(`${JSON.stringify({ ready: true, codec: codecUrl, forms: formsUrl })}\n`);
  log.info({ url: formsUrl, namespace: config.namespace }, 'The gateway is running');
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  await forms.close();
  await codec.close();
  await temporal.close();
  await store.close();
});

async function listen(server: FastifyInstance, name: PortName, variable: string): Promise<string> {
  const port = Number(process.env[variable] ?? readPorts()[name]);
  return server.listen({ host: process.env['HIKESHI_BIND'] ?? '127.0.0.1', port }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? takenPort(port, name) : error;
  });
}

/** Secrets of `HIKESHI_SECRET_<NAME>`; several, with a blank between, while they are changed; none when it is not set. */
function secretsOf(name: string): readonly string[] {
  try {
    return environmentSecrets()(name).split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

/** Answers are taken while Temporal is down: nothing connects before it is needed. */
function lazyTemporal({ temporalAddress: address, namespace }: Config, keyRing: KeyRing) {
  let connection: Connection | undefined;
  return {
    client: async () => {
      connection ??= Connection.lazy({ address });
      return new Client({ connection, namespace, dataConverter: dataConverterFor(namespace, keyRing) });
    },
    close: async () => connection?.close(),
  };
}

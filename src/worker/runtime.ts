import { Runtime } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';
import { createLog, sdkLogger } from './logger.js';

export interface RuntimeSettings {
  /** `host:port` on which Core serves its Prometheus page; no metrics without one. */
  readonly metricsAddress?: string;
  readonly log?: PinoLogger;
}

let installed: Runtime | undefined;

/**
 * Installs the SDK's runtime: Core's logs go into our log, metrics to Prometheus, signals are left to the process.
 * Must precede every native connection and worker; a second call returns the first runtime.
 */
export function installRuntime(settings: RuntimeSettings = {}): Runtime {
  installed ??= Runtime.install({
    logger: sdkLogger(settings.log ?? createLog('temporal')),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(settings.metricsAddress && { metrics: { prometheus: { bindAddress: settings.metricsAddress } } }),
    },
    shutdownSignals: [],
  });
  return installed;
}

import type { Client } from '@temporalio/client';
import type { Config } from '../config.js';
import { mailAlerts, type Alerts } from '../connectors/alert/index.js';
import {
  environmentSecrets,
  serviceControl,
  type Secrets,
  type ServiceControl,
} from '../connectors/serviceControl/index.js';
import type { ConnectorDocument } from '../connectors/serviceControl/schema.js';
import { instant, type Instant } from '../domain/instant.js';
import { openStore, type Store } from '../store/open.js';

/** What activities work with. Made once a process; a drill makes its own. */
export interface ActivityDeps {
  readonly store: Store;
  readonly alerts: Alerts;
  control(connector: ConnectorDocument): ServiceControl;
  /** The instant of something that an activity just did: the wall clock live, the workflow's instant in a drill. */
  now(workflowNow: Instant): Instant;
  readonly drill: boolean;
  /** Link into the Temporal Web UI for a workflow. */
  link(workflowId: string): string;
  /** For the sweep, which compares open rows with open runs. Absent in a drill: visibility is not exact to the instant. */
  readonly client?: Client;
}

export interface DepsOptions {
  readonly drill?: boolean;
  readonly client?: Client;
  readonly secrets?: Secrets;
  readonly env?: NodeJS.ProcessEnv;
  readonly onError?: (error: Error) => void;
}

/** Opens the register and the connectors of this deployment. */
export function openActivityDeps(
  config: Config,
  options: DepsOptions = {},
): { deps: ActivityDeps; close(): Promise<void> } {
  const drill = options.drill ?? false;
  const store = openStore(config.databaseUrl, options.onError ? { onError: options.onError } : {});
  const alerts = mailAlerts({ smtpUrl: config.smtpUrl, from: 'hikeshi@localhost.invalid' });
  const secrets = options.secrets ?? environmentSecrets(options.env);
  const deps: ActivityDeps = {
    store,
    alerts,
    control: (connector) => serviceControl(connector, secrets, options.env),
    now: drill ? (workflowNow) => workflowNow : () => instant(Date.now()),
    drill,
    link: (workflowId) => `${config.uiUrl}/namespaces/${config.namespace}/workflows/${encodeURIComponent(workflowId)}`,
    ...(options.client && { client: options.client }),
  };
  return {
    deps,
    async close() {
      alerts.close();
      await store.close();
    },
  };
}

import type { Client } from '@temporalio/client';
import { CONTROL_SLOTS, type Config } from '../config.js';
import { mailAlerts, type Alerts } from '../connectors/alert/index.js';
import { addressesOf } from '../connectors/mail/addresses.js';
import { askRelayLog } from '../connectors/mail/relayLog.js';
import { smtpRelay } from '../connectors/mail/smtp.js';
import type { MailRelay } from '../connectors/mail/types.js';
import type { TokenKey } from '../connectors/token.js';
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
  /** Mails to people outside. */
  readonly mail: MailRelay;
  /** Did the relay take the mail of this key? Only where the relay's log can be asked. */
  mailTaken?(key: string): Promise<'taken' | 'not-taken' | 'unknown'>;
  /** Base URL of the answer pages. */
  readonly formsUrl: string;
  /** Signs secret links. */
  tokenKey(): TokenKey;
  /** All keys that may have signed a link or an address of ours, the current one first. */
  tokenKeys(): readonly TokenKey[];
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
  /** Sign secret links and return addresses, the current one first; without them nothing is mailed to providers. */
  readonly tokenKeys?: () => readonly TokenKey[];
  readonly onError?: (error: Error) => void;
}

/** Left for decisions, records and reads when every slot of the queue `control` waits for a slow channel. */
const OTHER_CONNECTIONS = 20;

/** Opens the register and the connectors of this deployment. */
export function openActivityDeps(
  config: Config,
  options: DepsOptions = {},
): { deps: ActivityDeps; close(): Promise<void> } {
  const drill = options.drill ?? false;
  const store = openStore(config.databaseUrl, {
    max: CONTROL_SLOTS + OTHER_CONNECTIONS,
    ...(options.onError && { onError: options.onError }),
  });
  const alerts = mailAlerts({ smtpUrl: config.smtpUrl, from: 'hikeshi@localhost.invalid' });
  const env = options.env ?? process.env;
  const { tokenKeys = noTokenKeys } = options;
  const tokenKey = () => tokenKeys()[0]!;
  const domain = env['HIKESHI_MAIL_DOMAIN'] ?? 'localhost.invalid';
  const mail = smtpRelay({
    smtpUrl: config.smtpUrl,
    from: { name: 'Hikeshi', mail: `hikeshi@${domain}` },
    returnDomain: domain,
    key: tokenKey,
  });
  const relayLog = env['HIKESHI_MAIL_LOG_URL'];
  const secrets = options.secrets ?? environmentSecrets(options.env);
  const deps: ActivityDeps = {
    store,
    alerts,
    mail,
    ...(relayLog && {
      mailTaken: (key: string) => askRelayLog(relayLog, addressesOf(key, domain, tokenKey()).messageId),
    }),
    formsUrl: config.formsUrl,
    tokenKey,
    tokenKeys,
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
      mail.close();
      await store.close();
    },
  };
}

const noTokenKeys = (): readonly TokenKey[] => {
  throw new Error('this process has no key to sign links with');
};

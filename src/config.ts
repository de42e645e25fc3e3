import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, wherever the process was started. */
export const PROJECT_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Where a process finds its neighbours. Read from the environment once, at the edge of each process. */
export interface Config {
  /** Folder for everything that this deployment keeps on disk: data, keys, logs, downloads. */
  readonly stateDir: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly databaseUrl: string;
  /** Base URL of the Temporal Web UI, for links in messages and tasks. */
  readonly uiUrl: string;
  /** Base URL of the codec server as the Web UI and the CLI reach it. */
  readonly codecUrl: string;
  /** Base URL of the answer pages as providers reach them: what stands in their mails. */
  readonly formsUrl: string;
  readonly smtpUrl: string;
  /** Folder of the playbook that this deployment runs. */
  readonly playbook: string;
  readonly language: 'ja' | 'en';
}

/** The queues a worker can serve; each may run in a process of its own (`hikeshi worker --queues control`). */
export const QUEUES = ['process', 'control', 'payout', 'bulk'] as const;
export type Queue = (typeof QUEUES)[number];

/**
 * What the queue `control` does at the same time: a stop of ten targets runs all of them at once, several such stops side
 * by side. Each keeps a connection to the register for as long as its channel takes to answer.
 */
export const CONTROL_SLOTS = 40;

export const PORTS = {
  temporal: 7233,
  ui: 8233,
  codec: 8234,
  /** Answer pages and webhooks: what people outside reach. */
  forms: 8235,
  postgres: 5433,
  smtp: 2525,
  channelSystem: 8300,
  /** Health, readiness and Prometheus metrics of the first worker; the next processes take the following ports. */
  workerHealth: 9460,
} as const;

export type PortName = keyof typeof PORTS;

/** The variable that moves a port, e.g. `HIKESHI_PORT_POSTGRES` or `HIKESHI_PORT_CHANNEL_SYSTEM`. */
export function portVariable(name: PortName): string {
  return `HIKESHI_PORT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The ports of this deployment: the default unless its variable holds a port number. */
export function readPorts(env: NodeJS.ProcessEnv = process.env): Record<PortName, number> {
  const names = Object.keys(PORTS) as PortName[];
  const portOf = (name: PortName) => {
    const wanted = Number(env[portVariable(name)]);
    return Number.isInteger(wanted) && wanted > 0 && wanted < 65_536 ? wanted : PORTS[name];
  };
  return Object.fromEntries(names.map((name) => [name, portOf(name)])) as Record<PortName, number>;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const ports = readPorts(env);
  const stateDir = path.resolve(env['HIKESHI_STATE_DIR'] ?? path.join(PROJECT_ROOT, '.hikeshi'));
  const language = env['HIKESHI_LANG'] ?? (env['LANG']?.startsWith('ja') ? 'ja' : 'en');
  return {
    stateDir,
    temporalAddress: env['TEMPORAL_ADDRESS'] ?? `127.0.0.1:${ports.temporal}`,
    namespace: env['TEMPORAL_NAMESPACE'] ?? 'hikeshi',
    databaseUrl: env['DATABASE_URL'] ?? `postgres://hikeshi@127.0.0.1:${ports.postgres}/hikeshi`,
    uiUrl: env['HIKESHI_UI_URL'] ?? `http://127.0.0.1:${ports.ui}`,
    codecUrl: env['HIKESHI_CODEC_URL'] ?? `http://127.0.0.1:${ports.codec}`,
    formsUrl: env['HIKESHI_FORMS_URL'] ?? `http://127.0.0.1:${ports.forms}`,
    smtpUrl: env['HIKESHI_SMTP_URL'] ?? `smtp://127.0.0.1:${ports.smtp}`,
    playbook: path.resolve(PROJECT_ROOT, env['HIKESHI_PLAYBOOK'] ?? 'playbooks/example'),
    language: language === 'ja' ? 'ja' : 'en',
  };
}

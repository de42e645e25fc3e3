import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { PROJECT_ROOT } from '../../src/config.js';
import { SIMULATOR_TOKEN } from '../../src/simulator/channelSystem.js';

export interface Counts {
  accepted: number;
  refused: number;
}

export interface SimulatorLog {
  functions: {
    code: string;
    status: string;
    limit?: number;
    queued: number;
    held: number;
    finished: number;
    rejected: number;
    orders: { applied: number; pretended: number; repeated: number; conflict: number };
    requests: { customer: Counts; fraud: Counts; test: Counts };
  }[];
  orders: { at: string; code: string; key: string; effect: string; status: string }[];
  requests: { at: string; code: string; requestKey?: string; accepted: boolean; purpose: string }[];
}

export interface SunkMail {
  id: number;
  from: string;
  to: string[];
  subject: string;
  messageId: string;
  text: string;
  html?: string;
  headers: Record<string, string>;
}

export interface RunningSimulator {
  readonly url: string;
  readonly smtp: string;
  readonly process: ChildProcess;
  /** A call to the bank's own API, with its token. */
  bank(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: any }>;
  /** A call to the drill's side of the simulator. */
  sim(path: string, body?: unknown): Promise<any>;
  log(): Promise<SimulatorLog>;
  mail(): Promise<SunkMail[]>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the compiled simulator as a process of its own on free ports. */
export async function startSimulator(env: Record<string, string> = {}): Promise<RunningSimulator> {
  const child = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist/simulator/main.js')], {
    env: {
      ...process.env,
      HIKESHI_SIM_PORT: '0',
      HIKESHI_SIM_SMTP_PORT: '0',
      HIKESHI_PARENT_PID: String(process.pid),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the simulator ended before it was ready'))),
  ])) as [string];
  const { url, smtp } = JSON.parse(line) as { url: string; smtp: string };

  const request = async (method: string, where: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + where, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as any };
  };
  const sim = async (where: string, body?: unknown) => {
    const { status, json } = await request(body === undefined ? 'GET' : 'POST', `/sim/${where}`, body);
    if (status !== 200) throw new Error(`/sim/${where}: ${status} ${JSON.stringify(json)}`);
    return json;
  };
  return {
    url,
    smtp,
    process: child,
    bank: (method, where, body, headers) =>
      request(method, where, body, { authorization: `Bearer ${SIMULATOR_TOKEN}`, ...headers }),
    sim,
    log: () => sim('log') as Promise<SimulatorLog>,
    mail: async () => (await sim('mail')).mail as SunkMail[],
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

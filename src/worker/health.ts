import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who answers: another program, or another stack's worker, may have taken the port since it was noted. */
export interface WorkerIdentity {
  readonly service: 'hikeshi-worker';
  readonly namespace: string;
  /** Made by `hikeshi start`, given to all its processes; absent where a worker is run by other means. */
  readonly stack?: string;
}

/** The variable by which the processes of a stack know which one they belong to. */
export const STACK_VARIABLE = 'HIKESHI_STACK';

/** Whose worker this process is, or should be, by the namespace and its environment. */
export function workerIdentity(namespace: string, env: NodeJS.ProcessEnv): WorkerIdentity {
  const stack = env[STACK_VARIABLE];
  return { service: 'hikeshi-worker', namespace, ...(stack && { stack }) };
}

/** Milliseconds that a check may take before it counts as failed. */
const CHECK_TIMEOUT_MS = 3_000;

export interface HealthOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly identity: WorkerIdentity;
  /** States of the workers as the SDK tells them, by queue. Empty until they exist. */
  readonly workers: () => Readonly<Record<string, string>>;
  /** Resolves when the register answers. */
  readonly checkDatabase: () => Promise<void>;
  /** `host:port` of Core's Prometheus page, passed on so that a process needs one port only. */
  readonly metricsAddress?: string;
}

export interface HealthServer {
  /** Base URL, `http://127.0.0.1:9460`. */
  readonly url: string;
  close(): Promise<void>;
}

/** `/livez`: no worker has died. `/readyz`: all are running and the register answers. `/metrics`: Prometheus text. */
export async function startHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(options, new URL(request.url ?? '/', 'http://health').pathname, response).catch(() => {
      if (!response.headersSent) json(response, 500, { ok: false });
    });
  });
  await listen(server, options.port, options.host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: HealthOptions, path: string, response: ServerResponse): Promise<void> {
  const workers = options.workers();
  const states = Object.values(workers);
  switch (path) {
    case '/livez': {
      const ok = !states.some((state) => state === 'FAILED' || state === 'STOPPED');
      return json(response, ok ? 200 : 503, { ...options.identity, ok, workers });
    }
    case '/readyz': {
      const running = states.length > 0 && states.every((state) => state === 'RUNNING');
      const database = await withinTime(options.checkDatabase());
      const ok = running && database;
      return json(response, ok ? 200 : 503, { ...options.identity, ok, workers, database });
    }
    case '/metrics':
      return metrics(options.metricsAddress, response);
    default:
      return json(response, 404, { ok: false, paths: ['/livez', '/readyz', '/metrics'] });
  }
}

async function metrics(address: string | undefined, response: ServerResponse): Promise<void> {
  let page: Response;
  try {
    if (!address) throw new Error('no metrics address');
    page = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
  } catch {
    // Core serves its page only some time after the start.
    return json(response, 503, { ok: false, metrics: 'not available yet' });
  }
  response.writeHead(page.status, { 'content-type': page.headers.get('content-type') ?? 'text/plain' });
  response.end(await page.text());
}

async function withinTime(check: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([
      check.then(
        () => true,
        () => false,
      ),
      tooLate,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

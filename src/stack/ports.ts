import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { portVariable, type PortName } from '../config.js';
import { StackProblem } from './problem.js';

const HOST = '127.0.0.1';

/** True when nobody listens on the port of the loopback interface. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Ports that nobody listens on at this moment, all different. They lie below those that systems give to outgoing
 * connections: such a connection could take one between its choice and its use.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** The number and name of the process that listens, where the system tells (Linux, own processes or as root). */
export function listenerOf(port: number): { pid: number; name: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readText(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const LISTEN = '0A';
      if (fields[1]?.endsWith(wanted) && fields[3] === LISTEN && fields[9]) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
      if (open.some((target) => inodes.has(target)))
        return { pid: Number(pid), name: readText(`/proc/${pid}/comm`).trim() };
    } catch {
      // another user's process, or one that has just ended
    }
  }
  return undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/**
 * Refuses to go on when somebody else listens on a port that the stack needs.
 *
 * @throws {StackProblem} naming the port, the process where it can be told, and the variable that chooses another port
 */
export async function requireFree(port: number, name: PortName): Promise<void> {
  if (await isFree(port)) return;
  throw takenPort(port, name);
}

export function takenPort(port: number, name: PortName): StackProblem {
  const listener = listenerOf(port);
  const variable = portVariable(name);
  const who = listener ? ` (process ${listener.pid}, ${listener.name})` : '';
  const whoJa = listener ? `（プロセス ${listener.pid}、${listener.name}）` : '';
  return new StackProblem({
    en: `Port ${port} is used by another program${who}; stop that program, or choose another port with ${variable}=<number>.`,
    ja: `ポート ${port} は別のプログラム${whoJa}が使っています。そのプログラムを止めるか、${variable}=<番号> で別のポートを指定してください。`,
  });
}

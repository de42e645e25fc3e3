import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, identify } from './identity.js';
import { LineReader, openLog } from './logFile.js';
import { StackProblem, type Log } from './problem.js';

const READY_TIMEOUT_MS = 60_000;

/** More unexpected ends than this within a minute are no accident: a person has to look. */
const MAX_RESTARTS_PER_MINUTE = 10;

/** A worker finishes what it does for 30 s and is forced after 60 s; this is the time after which it is killed. */
const GRACE_MS = 75_000;

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

export interface ProcessOptions {
  /** Name in messages, and of its log file. */
  readonly name: string;
  /** What Node runs: the script and its arguments. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stateDir: string;
  /** Tells from a line of the output that the process is ready, or an address that answers 200 once it is. */
  readonly ready: ((line: string) => boolean) | string;
  readonly graceMs?: number;
  readonly readyTimeoutMs?: number;
  readonly log: Log;
}

/** A Node process of ours that is started again when it dies. */
export interface Supervised {
  readonly name: string;
  /** The number of the process that runs now; it changes with a restart. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /** The line, or address, that told of the first readiness. */
  readonly readyLine: string;
  /** Resolves when the process died too often and is given up; never rejects. */
  readonly failed: Promise<StackProblem>;
  /** SIGTERM, a time of grace, SIGKILL. */
  stop(): Promise<void>;
}

async function becameReady(
  { ready, readyTimeoutMs = READY_TIMEOUT_MS }: ProcessOptions,
  exit: Promise<string>,
  output: { file: string; offset: number },
): Promise<string | undefined> {
  let ended = false;
  void exit.then(() => (ended = true));
  const lines = new LineReader(output.file, output.offset);
  try {
    for (const until = Date.now() + readyTimeoutMs; Date.now() < until; await sleep(30)) {
      const last = ended;
      if (typeof ready === 'string') {
        const answer = await fetch(ready, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
        if (answer?.ok) return ready;
      } else {
        const line = lines.next().find(ready);
        if (line !== undefined) return line;
      }
      if (last) return undefined;
    }
    return undefined;
  } finally {
    lines.close();
  }
}

interface Run {
  readonly child: ChildProcess;
  readonly logFile: string;
  /** How it ended, for the log. */
  readonly exit: Promise<string>;
  /** What told of readiness, a line or an address; undefined when the process ended, or took too long, before. */
  readonly ready: Promise<string | undefined>;
}

function launch(options: ProcessOptions): Run {
  const { name, args, env = process.env, cwd, stateDir } = options;
  // The output goes to the file, not through us: it stays whole when we are killed, and nobody blocks on a full pipe.
  const output = openLog(stateDir, name);
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    cwd,
    env: { ...env, TZ: 'UTC', HIKESHI_PARENT_PID: String(process.pid) },
    stdio: ['ignore', output.fd, output.fd],
    // A session of its own: Ctrl-C in the terminal must reach the stack only, which ends its parts in order.
    detached: true,
  });
  fs.closeSync(output.fd);
  const exit = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(String(signal ?? code)));
    child.once('error', (error) => resolve(error.message));
  });
  return { child, logFile: output.file, exit, ready: becameReady(options, exit, output) };
}

async function endRun({ child }: Run, graceMs: number): Promise<void> {
  const id = child.pid === undefined ? undefined : identify(child.pid);
  if (!id) return;
  await endProcess(id, [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5_000],
  ]);
}

/**
 * Starts the process, waits until it is ready, and starts it again with growing pauses when it dies unasked.
 *
 * @throws {StackProblem} when it does not become ready the first time
 */
export async function startProcess(options: ProcessOptions): Promise<Supervised> {
  const { name, graceMs = GRACE_MS, log } = options;
  let run = launch(options);
  const readyLine = await run.ready;
  if (readyLine === undefined) {
    await endRun(run, graceMs);
    throw notReady(name, run.logFile);
  }

  let stopping = false;
  const supervise = async (): Promise<StackProblem | undefined> => {
    const deaths: number[] = [];
    for (let pause = FIRST_PAUSE_MS; ;) {
      const how = await run.exit;
      if (stopping) return undefined;
      log(`${name} ended unasked (${how}) and is started again`);
      const now = Date.now();
      deaths.push(now);
      if (deaths.filter((at) => at > now - 60_000).length > MAX_RESTARTS_PER_MINUTE)
        return diesAgain(name, run.logFile);
      await sleep(pause);
      if (stopping) return undefined;
      run = launch(options);
      if ((await run.ready) !== undefined) pause = FIRST_PAUSE_MS;
      else {
        pause = Math.min(pause * 2, MAX_PAUSE_MS);
        await endRun(run, graceMs);
      }
    }
  };
  const supervised = supervise();
  return {
    name,
    get pid() {
      return run.child.pid;
    },
    logFile: run.logFile,
    readyLine,
    failed: new Promise((resolve) => void supervised.then((problem) => problem && resolve(problem))),
    stop: async () => {
      stopping = true;
      await endRun(run, graceMs);
      await supervised;
    },
  };
}

function notReady(name: string, logFile: string): StackProblem {
  return new StackProblem({
    en: `The process "${name}" did not become ready; its own words are at the end of ${logFile}: mend what they name and start again.`,
    ja: `プロセス「${name}」が起動しませんでした。${logFile} の最後に理由が出ています。それを直してから、もう一度起動してください。`,
  });
}

function diesAgain(name: string, logFile: string): StackProblem {
  return new StackProblem({
    en: `The process "${name}" ended ${MAX_RESTARTS_PER_MINUTE} times within a minute and is given up; its own words are at the end of ${logFile}: mend what they name and start again.`,
    ja: `プロセス「${name}」が 1 分間に ${MAX_RESTARTS_PER_MINUTE} 回終了したので、再起動をやめました。${logFile} の最後に理由が出ています。それを直してから、もう一度起動してください。`,
  });
}

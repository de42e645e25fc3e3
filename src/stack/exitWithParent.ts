/** A graceful end that takes longer than a worker's force time (60 s) is stuck. */
const STUCK_AFTER_MS = 75_000;

/**
 * Ends this process, in the ordinary graceful way, when the stack that started it is gone without having stopped it
 * (kill -9). Does nothing in a process that was started by hand.
 */
export function exitWithParent(env: NodeJS.ProcessEnv = process.env): void {
  const parent = Number(env['HIKESHI_PARENT_PID']);
  if (!Number.isInteger(parent) || parent <= 0) return;
  const timer = setInterval(() => {
    // An orphan is given to another parent at once; looking for the number alone could find a later process.
    if (process.ppid === parent) return;
    clearInterval(timer);
    setTimeout(() => process.exit(1), STUCK_AFTER_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}

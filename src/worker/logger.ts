import { ApplicationFailure, type LogLevel, type LogMetadata, type Logger } from '@temporalio/common';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { FailureType } from '../domain/refusal.js';

/**
 * What may stand beside a message in a log. Everything else is dropped, so that a value that somebody logs by mistake
 * does not become a copy of a person's data. Ids and states only; no texts that people wrote.
 */
const ALLOWED_KEYS: ReadonlySet<string> = new Set([
  'namespace',
  'taskQueue',
  'workflowId',
  'runId',
  'workflowType',
  'activityType',
  'activityId',
  'attempt',
  'isLocal',
  'sdkComponent',
  'queue',
  'queues',
  'state',
  'port',
  'url',
  'signal',
  'process',
  'pid',
  'exitCode',
  'durationMs',
  'count',
  'statusCode',
  'method',
  'route',
  'step',
  'order',
  'job',
  // Of Core. Its own names, in snake case; what it sees of payloads and failures is encrypted already.
  'target',
  'task_queue',
  'workflow_id',
  'run_id',
  'workflow_type',
  'activity_type',
  'activity_id',
]);

/** A frame of a stack trace: function, file and line, no values. */
const FRAME = /^\s+at .+:\d+:\d+\)?$/;
const MAX_FRAMES = 12;

/** The SDK's own messages that repeat an error's text after the colon. */
const REPEATS_ERROR = /^(Error while [^:]+|Workflow Worker Thread failed|Error converting native log entry): .*/s;

/** Error types whose message is made of ids and types only, and which nobody can mend without reading it. */
const READABLE_ERRORS = new Set(['DeterminismViolationError', 'ReplayError', 'GracefulShutdownPeriodExpiredError']);

/** @param meta anything; the result holds allowed keys with plain values, and errors as type and frames. */
export function allowedMeta(meta: Record<string | symbol, unknown>): Record<string, unknown> {
  const allowed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(meta)) {
    if (value instanceof Error) Object.assign(allowed, describeError(value));
    else if (ALLOWED_KEYS.has(key) && isPlain(value)) allowed[key] = value;
  }
  // Core tells errors as text. It stands outside the codec, so what it can quote is encrypted, or about connections.
  if (meta['sdkComponent'] === 'core' && typeof meta['error'] === 'string') allowed['error'] = meta['error'];
  return allowed;
}

function describeError(error: Error): Record<string, unknown> {
  const type = (error instanceof ApplicationFailure && error.type) || error.name;
  const code = (error as NodeJS.ErrnoException).code;
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push((cause instanceof ApplicationFailure && cause.type) || cause.name);
  }
  // The message may span lines that look like frames: cut it off before looking for them.
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  const afterMessage = at < 0 ? '' : stack.slice(at + error.message.length);
  const frames = afterMessage.split('\n').filter((line) => FRAME.test(line));
  return {
    errorType: type,
    ...(typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) && { errorCode: code }),
    ...((type === FailureType.Refused || READABLE_ERRORS.has(type)) && { errorMessage: error.message }),
    ...(causes.length > 0 && { causedBy: causes }),
    ...(frames.length > 0 && { frames: frames.slice(0, MAX_FRAMES).map((line) => line.trim()) }),
  };
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string' || typeof item === 'number');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * The log of a process: JSON lines on standard error, because standard output is for whoever started the process.
 * Synchronous, so that the last line before an exit is written. Every object goes through the allow-list.
 */
export function createLog(name: string, options: { level?: string; destination?: DestinationStream } = {}): PinoLogger {
  const log = pino(
    {
      level: options.level ?? process.env['HIKESHI_LOG_LEVEL'] ?? 'info',
      base: { process: name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (object) => allowedMeta(object),
      },
      hooks: {
        // Without a message pino takes the error's; with more arguments it formats values into the message.
        logMethod([first, message], method) {
          if (typeof first === 'string') return method.call(this, first);
          return method.call(this, first, message ?? '');
        },
      },
      // Else pino renders `err` with message and stack before the allow-list sees it.
      serializers: { err: (value: unknown) => value, error: (value: unknown) => value },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  // Bindings of child logs pass no formatter. Children inherit this method.
  const child = log.child;
  log.child = function (this: PinoLogger, bindings, childOptions) {
    return child.call(this, allowedMeta(bindings), childOptions);
  } as typeof child;
  return log;
}

const PINO_LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** The log as the SDK wants it: the message first. */
export function sdkLogger(log: PinoLogger): Logger {
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}) => {
    log[PINO_LEVELS[level]](meta, message.replace(REPEATS_ERROR, '$1'));
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

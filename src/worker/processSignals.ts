import type { Logger as PinoLogger } from 'pino';
import { bilingual, type Sentence } from '../domain/sentence.js';

/** The first SIGTERM or SIGINT asks for an orderly end; the second ends the process at once with code 1. */
export function stopOnSignals(log: PinoLogger): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      log.info({ signal }, 'Ending in order');
      stop.abort();
    });
  }
  return stop;
}

/**
 * Runs a process to its end: 0 after an orderly end, 1 when it could not start or died. What a person can mend is
 * written as a sentence, the rest as type and place of the error.
 */
export async function runToExit(log: PinoLogger, work: () => Promise<void>): Promise<never> {
  const die = (error: unknown) => {
    const sentence = sentenceOf(error);
    if (sentence) log.fatal(bilingual(sentence));
    else log.fatal({ error }, 'The process ended because of an error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  try {
    await work();
  } catch (error) {
    return die(error);
  }
  return process.exit(0);
}

/** Refusals and problems of the stack carry one. */
function sentenceOf(error: unknown): Sentence | undefined {
  return (error as { sentence?: Sentence } | undefined)?.sentence;
}

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT } from '../config.js';
import type { Sentence } from '../domain/sentence.js';
import { StackProblem, type Log } from './problem.js';

interface Finder {
  findTemporalCli(options: { stateDir: string; log: Log; env: NodeJS.ProcessEnv }): Promise<{ path: string }>;
}

/**
 * The Temporal CLI that the set-up found. The search itself is plain Node in `scripts/`, since the set-up needs it before
 * anything is compiled.
 *
 * @throws {StackProblem} when there is none
 */
export async function temporalCli(stateDir: string, log: Log, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const module = pathToFileURL(path.join(PROJECT_ROOT, 'scripts', 'temporal-cli.mjs')).href;
  const { findTemporalCli } = (await import(module)) as Finder;
  try {
    return (await findTemporalCli({ stateDir, log, env })).path;
  } catch (error) {
    const { sentence } = error as { sentence?: Sentence };
    throw sentence ? new StackProblem(sentence, { cause: error }) : error;
  }
}

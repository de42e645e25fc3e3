import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';

export const FOLDER = path.join(PROJECT_ROOT, 'test', 'histories');
/** The only namespace of the test key. */
export const NAMESPACE = 'golden';
export const KEY_RING = readFileSync(path.join(FOLDER, 'keys.json'), 'utf8');

/** What people say in these histories. It must not stand in them. */
export const SAID = 'YAMADA Taro of Kasumigaseki saw it ／ 山田太郎';

export interface Golden {
  readonly path: string;
  readonly workflowId: string;
  readonly runId: string;
  /** The run that this one goes on from. */
  readonly continues?: string;
  readonly text: string;
  readonly history: unknown;
}

export const goldenConverter = () => dataConverterFor(NAMESPACE, KeyRing.fromJson(KEY_RING));

export function readGoldens(): Golden[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json') && file !== 'keys.json')
    .map((file) => {
      const text = readFileSync(path.join(FOLDER, file), 'utf8');
      const history = JSON.parse(text) as {
        events: {
          workflowExecutionStartedEventAttributes?: {
            workflowId: string;
            originalExecutionRunId: string;
            continuedExecutionRunId?: string;
          };
        }[];
      };
      const started = history.events[0]!.workflowExecutionStartedEventAttributes!;
      const { workflowId, originalExecutionRunId: runId, continuedExecutionRunId: continues } = started;
      return { path: path.basename(file, '.json'), workflowId, runId, ...(continues && { continues }), text, history };
    });
}

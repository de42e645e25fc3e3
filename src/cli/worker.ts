import { QUEUES, readConfig } from '../config.js';
import type { App, Word } from './app.js';
import { recall } from './neighbours.js';

export function workerCommand(app: App, ...word: Word) {
  return app
    .command(...word)
    .option(
      '--queues <queues>',
      app.t(
        `separated by commas; all when left out: ${QUEUES.join(',')}`,
        `カンマ区切り。省略時はすべて: ${QUEUES.join(',')}`,
      ),
    )
    .action(async () => {
      const { stateDir } = readConfig(app.env);
      Object.assign(process.env, { ...recall(stateDir).env, ...app.env });
      // The worker's own entry point: it reads the flag itself, and ends this process.
      await import('../worker/main.js');
    });
}

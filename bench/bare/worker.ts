import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { createBareActivities } from './activities.js';

/** The baseline's worker: a process of its own like ours, with the slots of ours, and nothing else of ours. */
const here = path.dirname(fileURLToPath(import.meta.url));
const bundle = await bundleWorkflowCode({ workflowsPath: path.join(here, 'workflow.js') });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS']! });
const shared = {
  connection,
  namespace: process.env['TEMPORAL_NAMESPACE']!,
  activities: createBareActivities(process.env['HIKESHI_CHANNEL_URL']!, process.env['HIKESHI_SECRET_CHANNEL_TOKEN']!),
};
const worker = await Worker.create({
  ...shared,
  workflowBundle: bundle,
  taskQueue: 'bare',
  maxConcurrentActivityTaskExecutions: 40,
  maxConcurrentWorkflowTaskExecutions: 40,
});
process.on('SIGTERM', () => worker.shutdown());
process.stdout.write('{"ready":true}\n');
await worker.run();
await connection.close();

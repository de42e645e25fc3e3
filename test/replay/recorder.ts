import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import * as babel from 'prettier/plugins/babel';
import * as estree from 'prettier/plugins/estree';
import { format } from 'prettier/standalone';
import type { SuspensionInput } from '../../src/domain/suspension.js';
import { eventually, type LiveOperator } from '../support/liveOperator.js';
import type { LiveWorld } from '../support/liveWorld.js';
import { FOLDER, SAID } from './golden.js';

/** One way that a job can go, played by people and clocks as it happens live. */
export interface Path {
  /** The histories that it leaves, by the names of their files. */
  readonly files: readonly string[];
  play(recorder: Recorder): Promise<void>;
}
export type Paths = Readonly<Record<string, Path>>;

export const fileOf = (name: string) => path.join(FOLDER, `${name}.json`);
export const isMissing = ({ files }: Path) => files.some((name) => !existsSync(fileOf(name)));

export const said = { reason: SAID };

/** What the paths have in common: they act in a world, and keep histories. */
export class Recorder {
  constructor(readonly world: LiveWorld) {}

  get operator(): LiveOperator {
    return this.world.operator;
  }

  handle(workflowId: string, runId?: string) {
    return this.world.client.workflow.getHandle(workflowId, runId);
  }

  /**
   * Waits until the timeline, of this run where one is named, holds all of these kinds in this order, and writes the
   * history unless there is one of before.
   */
  async save(name: string, workflowId: string, kinds: readonly string[], runId?: string): Promise<void> {
    await eventually(`${workflowId} goes the way of ${name}`, async () => {
      let from = 0;
      const told = await this.operator.timeline(workflowId, runId);
      return kinds.every((kind) => (from = told.indexOf(kind, from) + 1) > 0);
    });
    const handle = this.handle(workflowId, runId);
    // The register knows a line before the server has the task that wrote it. A query is answered between tasks.
    if ((await handle.describe()).status.name === 'RUNNING') await handle.query('__stack_trace');
    const history = await handle.fetchHistory();
    const json = await format(historyToJSON(history), { parser: 'json', printWidth: 120, plugins: [babel, estree] });
    // The machine that records is nobody's business.
    expect(json).not.toContain(`@${hostname()}`);
    if (!existsSync(fileOf(name))) writeFileSync(fileOf(name), json);
  }

  decide(workflowId: string, subject: string, verdict: string, by: string) {
    return this.operator.decide(workflowId, subject, verdict, by, SAID);
  }

  update<T>(workflowId: string, update: string, input: object): Promise<T> {
    return this.handle(workflowId).executeUpdate(update, { args: [{ v: 1, ...input }] });
  }

  async result(workflowId: string): Promise<void> {
    await this.handle(workflowId).result();
  }

  async runId(workflowId: string): Promise<string> {
    return (await this.handle(workflowId).describe()).runId;
  }

  /** Waits until another run than this one goes on. @returns its id */
  nextRun(workflowId: string, runId: string): Promise<string> {
    return eventually(`${workflowId} goes on in a new run`, async () => {
      const now = await this.runId(workflowId);
      return now !== runId && now;
    });
  }

  /** Proposes, approves and waits until it is in force. */
  async inForce(name: string, targets: string[], more: Partial<SuspensionInput> = {}): Promise<string> {
    const { workflowId } = await this.operator.suspend(name, targets, { ...said, ...more });
    await this.decide(workflowId, 'approve', 'approve', 'commander-1');
    await this.operator.stage(workflowId, 'IN_FORCE');
    return workflowId;
  }
}

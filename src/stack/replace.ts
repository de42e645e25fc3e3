import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { syncFolder, writeWhole } from './backupFiles.js';
import { withLock } from './lock.js';
import { StackProblem } from './problem.js';

/** Paths are relative to the state folder, which may have been moved in between. */
const PlanSchema = z.strictObject({
  v: z.literal(1),
  moves: z.array(
    z.strictObject({
      /** What comes; absent where the old one only goes. */
      from: z.string().optional(),
      to: z.string(),
      /** Where the old one is kept. */
      aside: z.string(),
    }),
  ),
  /** Folder that is empty and in the way afterwards. */
  remove: z.string(),
});
/** What takes the place of what. Once it is written it is done, whatever happens in between. */
export type Plan = z.output<typeof PlanSchema>;

const planFile = (stateDir: string) => path.join(stateDir, 'replace.json');

/** Writes the plan down: from here on the new state is the one that counts. */
export function decideToReplace(stateDir: string, plan: Plan): void {
  const draft = `${planFile(stateDir)}.new`;
  writeWhole(draft, JSON.stringify(plan));
  fs.renameSync(draft, planFile(stateDir));
  syncFolder(stateDir);
}

/**
 * Finishes what an interrupted restore had decided; does nothing when there is nothing to finish. Called before anything
 * opens a database, so that nobody ever sees half of it.
 */
export async function finishReplacing(stateDir: string): Promise<void> {
  if (!fs.existsSync(planFile(stateDir))) return;
  await withLock(path.join(stateDir, 'postgres.lock'), () =>
    withLock(path.join(stateDir, 'temporal.lock'), async () => carryOut(stateDir)),
  );
}

/** Each step leaves its trace in what lies where, so that it is neither left out nor done twice. Call it under both servers' locks. */
export function carryOut(stateDir: string, step: (name: string) => void = () => undefined): void {
  const file = planFile(stateDir);
  if (!fs.existsSync(file)) return;
  const plan = readPlan(file);
  const full = (place: string) => path.join(stateDir, place);
  for (const { from, to, aside } of plan.moves) {
    // What came has gone from where it waited: this move is done.
    if (from !== undefined && !fs.existsSync(full(from))) continue;
    if (fs.existsSync(full(to))) {
      fs.mkdirSync(path.dirname(full(aside)), { recursive: true, mode: 0o700 });
      fs.renameSync(full(to), free(full(aside)));
      syncFolder(path.dirname(full(aside)));
    }
    step('restore.aside');
    if (from !== undefined) {
      fs.mkdirSync(path.dirname(full(to)), { recursive: true });
      fs.renameSync(full(from), full(to));
    }
    syncFolder(path.dirname(full(to)));
    step('restore.moved');
  }
  fs.rmSync(file);
  syncFolder(stateDir);
  fs.rmSync(full(plan.remove), { recursive: true, force: true });
}

function free(place: string): string {
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? place : `${place}.${n}`;
    if (!fs.existsSync(candidate)) return candidate;
  }
}

function readPlan(file: string): Plan {
  try {
    return PlanSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StackProblem(
      {
        en: `A restore was interrupted and its plan ${file} cannot be read; make it readable for this user, or let the version of Hikeshi finish that began.`,
        ja: `復元が途中で止まり、その計画 ${file} を読めません。このユーザーが読めるようにするか、復元を始めた版の Hikeshi で続けてください。`,
      },
      { cause },
    );
  }
}

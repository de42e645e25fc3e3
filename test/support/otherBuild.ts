import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { bundleWorkflows } from '../../src/worker/bundle.js';

/** A change to a compiled file below `dist`: the first place with the text `before`. */
export interface Edit {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Another build of the workflows, as a bundle in a folder of its own. */
export interface OtherBuild {
  readonly bundle: string;
  remove(): void;
}

/** Bundles the built workflows with changes. @throws Error when a change finds no place: the test must be mended then */
export async function buildWith(edits: readonly Edit[]): Promise<OtherBuild> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hikeshi-build-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const layer of ['domain', 'workflows'])
      cpSync(path.join(PROJECT_ROOT, 'dist', layer), path.join(folder, 'dist', layer), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    for (const { file, before, after } of edits) {
      const name = path.join(folder, 'dist', file);
      const text = readFileSync(name, 'utf8');
      if (!text.includes(before)) throw new Error(`dist/${file} has no "${before}" to change.`);
      writeFileSync(
        name,
        text.replace(before, () => after),
      );
    }
    const workflows = path.join(folder, 'dist', 'workflows');
    const { code } = await bundleWorkflows({
      workflowsPath: path.join(workflows, 'index.js'),
      preload: path.join(workflows, 'shared', 'preload.js'),
    });
    const bundle = path.join(folder, 'bundle.js');
    writeFileSync(bundle, code);
    return { bundle, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

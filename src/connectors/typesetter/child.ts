import path from 'node:path';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { fontFiles } from './fonts.js';

/** What the child is asked. `folder` is all that a template can read. */
export interface Job {
  readonly id: number;
  readonly folder: string;
  /** Name of the main file, for messages. */
  readonly name: string;
  readonly source: string;
  /** JSON. */
  readonly data: string;
}

/** A fault in a template: line and column count from 1. */
export interface Fault {
  readonly message: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export type Done =
  | { readonly id: number; readonly pdf: Uint8Array; readonly pages: number }
  | { readonly id: number; readonly faults: readonly Fault[] };

interface Diagnostic {
  readonly message: string;
  readonly path: string;
  readonly severity: number;
  readonly range: { readonly start: { readonly line: number; readonly character: number } } | null;
}

const ERROR = 1;
/** Memoised results not used by the last two documents go; more often halves the speed. */
const KEPT_DOCUMENTS = 2;

const compilers = new Map<string, NodeCompiler>();
const fonts = fontFiles();

function compilerFor(folder: string): NodeCompiler {
  let compiler = compilers.get(folder);
  if (!compiler) {
    compiler = NodeCompiler.create({ workspace: folder, fontArgs: [{ fontBlobs: fonts }] });
    compilers.set(folder, compiler);
  }
  return compiler;
}

function typeset({ id, folder, name, source, data }: Job): Done {
  const compiler = compilerFor(folder);
  const mainFilePath = path.join(folder, name);
  // Given as a file: faults in a bare text have no place.
  compiler.addSource(mainFilePath, source);
  const result = compiler.compile({ mainFilePath, inputs: { data }, resetRead: true });
  const document = result.result;
  if (!document) {
    const error = result.takeError() ?? result.takeDiagnostics();
    const diagnostics = (error ? compiler.fetchDiagnostics(error) : []) as Diagnostic[];
    const faults = diagnostics.filter(({ severity }) => severity === ERROR).map((each) => faultOf(each, folder));
    return { id, faults: faults.length > 0 ? faults : [{ message: error?.kind ?? 'unknown error', file: name }] };
  }
  const pdf = compiler.pdf(document);
  const pages = document.numOfPages;
  compiler.evictCache(KEPT_DOCUMENTS);
  return { id, pdf, pages };
}

function faultOf({ message, path: file, range }: Diagnostic, folder: string): Fault {
  const place = range ? { line: range.start.line + 1, column: range.start.character + 1 } : {};
  // The compiler's own words hold this machine's folders.
  return { message: message.replaceAll(folder, '.'), file: path.relative(folder, file), ...place };
}

process.on('message', (job: Job) => {
  let done: Done;
  try {
    done = typeset(job);
  } catch (error) {
    done = {
      id: job.id,
      faults: [{ message: error instanceof Error ? error.message : String(error), file: job.name }],
    };
  }
  process.send!(done);
});
// Whoever started it is gone, or wants another.
process.on('disconnect', () => process.exit(0));

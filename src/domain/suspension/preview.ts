import type { Instant } from '../instant.js';
import type { Sentence } from '../sentence.js';
import type { Differs } from '../serviceMap.js';

/** What a suspension would do, as people see it before they approve. The digest is over exactly this. */
export interface SuspensionPreview {
  readonly measure: 'suspend' | 'restrict';
  readonly incident: string;
  readonly reason: string;
  readonly failedControl?: string;
  readonly expectedEnd?: Instant;
  readonly serviceMap: string;
  /** In the order of stopping. */
  readonly targets: readonly PreviewedTarget[];
  readonly siblings: readonly string[];
}

export interface PreviewedTarget extends Differs {
  readonly target: string;
  readonly connector: string;
  readonly stopOrder: number;
  readonly limitYen?: number;
  readonly inFlight: 'finish' | 'hold' | 'reject';
  readonly customers?: { readonly value: number; readonly approx?: boolean | undefined };
  readonly substitutes: readonly Sentence[];
  /** Functions that share a control with this one and go on running. */
  readonly sharesControlWith: readonly string[];
  /** How many more there are than are named. */
  readonly sharesControlWithMore?: number;
}

/** As many as a person reads of one target; the state is written again with each step. */
const NAMED = 20;

/** What the state carries along of a preview, whatever the size of the service map. */
export function carried(preview: SuspensionPreview): SuspensionPreview {
  return {
    ...preview,
    targets: preview.targets.map((target) => {
      const more = target.sharesControlWith.length - NAMED;
      if (more <= 0) return target;
      return { ...target, sharesControlWith: target.sharesControlWith.slice(0, NAMED), sharesControlWithMore: more };
    }),
  };
}

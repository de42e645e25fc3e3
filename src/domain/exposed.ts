import type { ContainmentState } from './containment.js';
import type { ChannelState } from './holds.js';
import { acceptedItems, functionsAtRisk, type InspectionState } from './providerInspection.js';
import type { Sentence } from './sentence.js';
import { functionsOf, sharing, type ServiceMap } from './serviceMap.js';
import type { Phase, Sibling, SuspensionState } from './suspension.js';

export interface Exposed {
  readonly function: string;
  readonly name: Sentence;
  /** Restricted only is exposed, too: the worst wave came after a half-measure (K-03). */
  readonly state: Exclude<ChannelState, 'SUSPENDED'>;
  readonly incident: string;
  readonly why: Sentence;
}

interface Seen {
  readonly losses: readonly { readonly incident: string; readonly target: string }[];
  /** What was read back last of each function that was ever ordered; all others are active. */
  readonly states: ReadonlyMap<string, ChannelState>;
  readonly suspensions: readonly SuspensionState[];
  readonly containments: readonly ContainmentState[];
  /** The last inspection of each unit (R-06). */
  readonly inspections?: readonly InspectionState[];
  /** Absent where no playbook can be read: then nobody can tell which functions share a control. */
  readonly services?: ServiceMap | undefined;
}

/** While a measure stands so, the control that it names counts as failed, whether a loss is confirmed or not. */
const STANDS: readonly Phase[] = ['proposed', 'ordered', 'lifting', 'watching'];

/**
 * Functions that go on running although a loss is confirmed on them, or although a control that protects them failed
 * elsewhere (K-04): a stop of one function says nothing about the others behind the same control. So does a function whose
 * own mandatory items fail, and nobody accepted that risk (R-06, invariant 5).
 */
export function exposedFunctions({
  losses,
  states,
  suspensions,
  containments,
  inspections = [],
  services,
}: Seen): Exposed[] {
  const stands = statesToday(states, suspensions);
  const names = new Map(services && functionsOf(services).map(({ id, name }) => [id, name]));
  const found = new Map<string, Exposed>();
  const add = (id: string, incident: string, why: Sentence) => {
    const state = stands.get(id) ?? 'ACTIVE';
    if (state !== 'SUSPENDED' && !found.has(id))
      found.set(id, { function: id, name: names.get(id.split('/')[0]!) ?? { en: id, ja: id }, state, incident, why });
  };
  for (const { target, incident } of losses) add(target, incident, { en: 'a loss is confirmed', ja: '被害を確認' });
  for (const inspection of inspections)
    for (const [id, items] of Object.entries(functionsAtRisk(inspection, acceptedItems(inspection))))
      add(id, inspection.incident, itemsFail(inspection.unit, items));
  if (!services) return [...found.values()];
  for (const { incident, failedControl } of containments)
    if (failedControl !== undefined)
      for (const { id } of sharing(services, failedControl, [])) add(id, incident, sharesControl(failedControl));
  for (const { incident, failedControl, phase, targets, siblings } of suspensions) {
    if (failedControl === undefined) continue;
    const lost = losses.some((loss) => loss.incident === incident && Object.hasOwn(targets, loss.target));
    if (!lost && !STANDS.includes(phase)) continue;
    for (const { id } of sharing(services, failedControl, []))
      add(id, incident, sharesControl(failedControl, siblings[id]));
  }
  return [...found.values()];
}

/** How functions stand: as they were read back last, or as a person vouches for, where the channel cannot be read. */
export const statesToday = (
  readBack: ReadonlyMap<string, ChannelState>,
  suspensions: readonly SuspensionState[],
): ReadonlyMap<string, ChannelState> => new Map([...readBack, ...doneByHand(suspensions)]);

function doneByHand(suspensions: readonly SuspensionState[]): Map<string, ChannelState> {
  const done = new Map<string, ChannelState>();
  for (const { phase, measure, targets } of suspensions)
    for (const [id, { status, goal }] of Object.entries(targets))
      if (phase === 'ordered' && status === 'done-by-hand' && goal === 'held' && done.get(id) !== 'SUSPENDED')
        done.set(id, measure === 'suspend' ? 'SUSPENDED' : 'RESTRICTED');
  return done;
}

const itemsFail = (unit: string, items: readonly string[]): Sentence => ({
  en: `mandatory items of ${unit} fail: ${items.join(', ')}`,
  ja: `${unit} の必須項目が不充足: ${items.join('、')}`,
});

function sharesControl(control: string, sibling?: Sibling): Sentence {
  const { verdict, by } = sibling ?? {};
  const kept = verdict === 'keep';
  const open = sibling !== undefined && verdict === undefined;
  return {
    en: `shares the failed control ${control}${kept ? `; kept by ${by}` : open ? '; not judged yet' : ''}`,
    ja: `不備のあった対策 ${control} を共有${kept ? `（${by} が継続と判断）` : open ? '（未判断）' : ''}`,
  };
}

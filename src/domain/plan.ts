import type { Documents } from './playbook.js';
import type { Zone } from './instant.js';
import {
  controlOf,
  differsIn,
  functionOf,
  functionsOf,
  sharing,
  singleOf,
  type ServiceFunction,
} from './serviceMap.js';
import type { Plan, SuspensionInput, SuspensionPreview, Terms } from './suspension.js';
import { Refusal } from './refusal.js';

/**
 * Works out a suspension without doing anything; refuses unknown targets and controls, a target named twice, and a
 * restriction without a limit.
 * @param suspended functions that are stopped already: nobody needs to judge whether they may go on
 */
export function previewSuspension(
  documents: Documents,
  input: SuspensionInput,
  suspended: readonly string[] = [],
): SuspensionPreview {
  const { services: map } = documents;
  if (new Set(input.targets).size !== input.targets.length) {
    throw new Refusal({
      en: 'A target stands twice in "targets". Name each once.',
      ja: '「targets」に同じ対象が二度あります。一度ずつ指定してください。',
    });
  }
  const functions = input.targets.map((target) => ({ target, fn: functionOf(map, target) }));
  const unlimited = functions.find(({ fn }) => input.limitYen === undefined && fn.restrictedLimitYen === undefined);
  if (input.measure === 'restrict' && unlimited) {
    throw new Refusal({
      en: `The service map gives no limit for a restriction of ${unlimited.target}. Name one in "limitYen" (yen for one request), or suspend.`,
      ja: `サービス一覧に ${unlimited.target} を制限するときの上限がありません。「limitYen」（1件あたりの円）を指定するか、停止してください。`,
    });
  }
  const ordered = [...functions].sort((a, b) => a.fn.stopOrder - b.fn.stopOrder);
  if (input.failedControl !== undefined) controlOf(map, input.failedControl);
  // One card of many is stopped: the others behind the same control go on.
  const stopped = input.targets;
  const shared =
    input.failedControl === undefined ? [] : sharing(map, input.failedControl, stopped).map(({ id }) => id);
  for (const id of input.alsoReview ?? []) functionOf(map, id);
  const named = (input.alsoReview ?? []).filter((id) => !stopped.includes(id));
  return {
    measure: input.measure,
    incident: input.incident,
    reason: input.reason,
    ...(input.expectedEnd !== undefined && { expectedEnd: input.expectedEnd }),
    ...(input.failedControl !== undefined && { failedControl: input.failedControl }),
    serviceMap: map.version,
    targets: ordered.map(({ target, fn }) => {
      const limit = input.limitYen ?? fn.restrictedLimitYen;
      return {
        target,
        ...differsIn(fn),
        connector: fn.connector,
        stopOrder: fn.stopOrder,
        ...(input.measure === 'restrict' && limit !== undefined && { limitYen: limit }),
        inFlight: input.inFlight ?? fn.inFlight,
        ...(fn.customers && { customers: fn.customers }),
        substitutes: fn.substitutes,
        sharesControlWith: sharers(documents, fn, [...stopped, fn.id]),
      };
    }),
    siblings: [...new Set([...shared, ...named])].filter((id) => !suspended.includes(id)).sort(),
  };
}

/** The turns of targets of which a service stops some before others; undefined where all are stopped at once. */
export function stopTurns({ services }: Pick<Documents, 'services'>, targets: readonly string[]): Plan['turns'] {
  const turns = targets.map((target) => {
    const { service, stopOrder: order } = functionOf(services, target);
    return [target, { service, order }] as const;
  });
  const differ = turns.filter(([, turn]) =>
    turns.some(([, other]) => other.service === turn.service && other.order !== turn.order),
  );
  return differ.length > 0 ? Object.fromEntries(differ) : undefined;
}

/** Siblings of which only single cards or accounts can be stopped. */
export function singlesOf({ services }: Pick<Documents, 'services'>, siblings: readonly string[]): Plan['singles'] {
  const singles = functionsOf(services).flatMap((fn) => {
    const single = singleOf(fn);
    return single && siblings.includes(fn.id) ? [[fn.id, single] as const] : [];
  });
  return singles.length > 0 ? Object.fromEntries(singles) : undefined;
}

function sharers({ services }: Documents, fn: ServiceFunction, except: readonly string[]): string[] {
  return [...new Set(fn.controls.flatMap((control) => sharing(services, control, except).map(({ id }) => id)))].sort();
}

export function suspensionTerms(documents: Documents, zone: Zone, drill: boolean): Terms {
  const { policy } = documents;
  return {
    policyVersion: policy.version,
    acts: policy.timeouts === 'act',
    zone,
    drill,
    suspension: policy.suspension,
    duties: policy.duties,
    personOnly: functionsOf(documents.services)
      .filter(({ autoStop }) => !autoStop)
      .map(({ id }) => id),
    redecideWithin: policy.containment.redecideWithin,
  };
}

import type { ContainmentPlan, ContainmentState } from '../domain/containment.js';
import { wantedState, type ChannelState } from '../domain/holds.js';
import type { Instant } from '../domain/instant.js';
import { functionOf } from '../domain/serviceMap.js';
import { currentDocuments } from '../store/documents.js';
import { restrictedTargets, type Watched, watchedTargets } from '../store/watched.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { wroteBy } from './saved.js';
import { zoneAt } from './zone.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

export interface OpenContainment {
  readonly workflowId: string;
  readonly incident: string;
  readonly target: string;
  readonly at: Instant;
  /** A run that goes on with what the register holds. */
  readonly resume: boolean;
}

/** Reads the documents as of now; an earlier containment of the same function that closed gives the numbers to go on from. */
export function openContainment(
  deps: ActivityDeps,
  { workflowId, incident, target, at, resume }: OpenContainment,
  run?: string,
): Promise<Opened<ContainmentPlan, ContainmentState>> {
  return orRefused(async () => {
    const row = await deps.store.db
      .selectFrom('job')
      .select(['state', 'closed', 'sequence'])
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    const earlier = row?.state as unknown as ContainmentState | undefined;
    // A second run of an open containment goes on where the lost one stood: its losses and its decision are known.
    // A worker that was lost right after it wrote: its own run goes on, even from its end.
    if (earlier && (resume || !row!.closed || (await wroteBy(deps, workflowId, run))))
      return { kind: 'resumed', state: earlier };
    const documents = await currentDocuments(deps.store.db);
    const fn = functionOf(documents.services, target);
    const { policy } = documents;
    return {
      kind: 'planned',
      plan: {
        incident,
        target,
        digest: digest({ target, incident, serviceMap: documents.services.version, policy: policy.version }),
        sequence: earlier?.sequence ?? 0,
        round: (earlier?.round ?? 0) + 1,
        ...(earlier && { losses: earlier.losses }),
        terms: {
          policyVersion: policy.version,
          acts: policy.timeouts === 'act',
          zone: zoneAt(documents.playbook.zone, at),
          drill: deps.drill,
          containment: policy.containment,
          duties: policy.duties,
          autoStop: fn.autoStop,
        },
      },
    };
  });
}

export interface Exposure {
  readonly wanted: ChannelState;
  /** Suspensions that let this function go, or watch it after its lift: the next case trips them. */
  readonly watching: readonly string[];
  /** Restrictions of this function that no containment decided: the next case trips them. Absent in older histories. */
  readonly restricting?: readonly string[];
}

/** How a function stands: what holds it, and who watches or restricts it. */
export async function exposure(deps: ActivityDeps, { target }: { target: string }): Promise<Exposure> {
  const holds = await deps.store.db
    .selectFrom('hold')
    .select(['workflow_id as suspension', 'target', 'measure'])
    .where('target', '=', target)
    .where('released_at', 'is', null)
    .execute();
  const ofTarget = (all: readonly Watched[]) =>
    all.filter((watched) => watched.target === target).map(({ suspension }) => suspension);
  return {
    wanted: wantedState(holds).state,
    watching: ofTarget(await watchedTargets(deps.store.db, { lifting: true })),
    restricting: ofTarget(await restrictedTargets(deps.store.db)),
  };
}

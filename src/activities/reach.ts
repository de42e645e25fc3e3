import type { ControlTarget, ServiceControl } from '../connectors/serviceControl/index.js';
import type { ConnectorDocument } from '../connectors/serviceControl/schema.js';
import { functionOf, outsideOf, type ServiceFunction } from '../domain/serviceMap.js';
import type { AllDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';

export interface Reach {
  readonly fn: ServiceFunction;
  readonly control: ServiceControl;
  /** The target as the outside knows it. */
  readonly known: ControlTarget;
}

/** The channel system behind a target, by the service map and the connectors of these documents. */
export function reach(deps: Pick<ActivityDeps, 'control'>, documents: AllDocuments, target: string): Reach {
  const fn = functionOf(documents.services, target);
  const connector = documents.connectors.connectors.find(({ id }) => id === fn.connector) as ConnectorDocument;
  return { fn, control: deps.control(connector), known: outsideOf(fn, target) };
}

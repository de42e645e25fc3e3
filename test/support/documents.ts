import type { Policy } from '../../src/domain/policy.js';
import type { Role } from '../../src/domain/roster.js';
import type { ServiceFunction } from '../../src/domain/serviceMap.js';
import type { AllDocuments } from '../../src/store/documents.js';

type Change = (documents: AllDocuments) => AllDocuments;

/** Changes the functions that `which` picks; the service map gets a version of its own. */
export function functions(which: (id: string) => boolean, change: Partial<ServiceFunction>): Change {
  return (documents) => ({
    ...documents,
    services: {
      ...documents.services,
      version: `${documents.services.version}-changed`,
      services: documents.services.services.map((service) => ({
        ...service,
        functions: service.functions.map((fn) => (which(fn.id) ? { ...fn, ...change } : fn)),
      })),
    },
  });
}

export const isLink = (id: string) => id.startsWith('link-');

/** Partner links take a limit too, so that they can be restricted. */
export const limitedLinks = functions(isLink, { restrictedLimitYen: 30_000 });

/** Time-outs and tripwires alarm, and nothing acts. */
export const alarmOnly: Change = (documents) => ({
  ...documents,
  policy: { ...documents.policy, version: 'alarm-only', timeouts: 'alarm' },
});

export const policy =
  (change: (policy: Policy) => Partial<Policy>): Change =>
  (documents) => ({ ...documents, policy: { ...documents.policy, version: 'changed', ...change(documents.policy) } });

/** The functions are stopped by a person: the connector only says what is to be done. */
export function byHand(which: (id: string) => boolean): Change {
  const assign = functions(which, { connector: 'by-hand' });
  return (documents) => {
    const assigned = assign(documents);
    return {
      ...assigned,
      connectors: {
        ...assigned.connectors,
        connectors: [...assigned.connectors.connectors, { id: 'by-hand', kind: 'by-hand', instructions: {} }],
      },
    };
  };
}

/** How long the channel system may take for an answer, in seconds. */
export const patience =
  (timeoutSeconds: number): Change =>
  (documents) => ({
    ...documents,
    connectors: {
      ...documents.connectors,
      connectors: documents.connectors.connectors.map((connector) =>
        connector.kind === 'http' ? { ...connector, timeoutSeconds } : connector,
      ),
    },
  });

/** Somebody owns a control. */
export function owns(person: string, control: string): Change {
  return (documents) => ({
    ...documents,
    roster: {
      ...documents.roster,
      version: `${documents.roster.version}-changed`,
      people: documents.roster.people.map((entry) =>
        entry.id === person ? { ...entry, ownsControls: [...entry.ownsControls, control] } : entry,
      ),
    },
  });
}

/** One more person in the roster. */
export function joins(person: string, ...roles: Role[]): Change {
  return (documents) => ({
    ...documents,
    roster: {
      ...documents.roster,
      version: `${documents.roster.version}-joined`,
      people: [...documents.roster.people, { id: person, roles, mail: `${person}@bank.example`, ownsControls: [] }],
    },
  });
}

export const all =
  (...changes: Change[]): Change =>
  (documents) =>
    changes.reduce((changed, change) => change(changed), documents);

import { finder, lintFramework, type FindFramework, type Finding, type Framework } from '../domain/framework.js';
import { lintProviders } from '../domain/providers.js';
import { functionsOf } from '../domain/serviceMap.js';
import type { AllDocuments } from '../store/documents.js';

/** What frameworks and units have to fit to. */
export const INSPECTION_DOCUMENTS = [
  'frameworks',
  'providers',
  'services',
  'roster',
] as const satisfies readonly (keyof AllDocuments)[];
export type InspectionDocuments = Pick<AllDocuments, (typeof INSPECTION_DOCUMENTS)[number]>;

/** Finds what is loaded, and the framework itself in place of the loaded one of its id. */
export function around(framework: Framework, { frameworks }: Pick<InspectionDocuments, 'frameworks'>): FindFramework {
  return finder({ ...frameworks, [framework.id]: framework });
}

/** Everything in one framework that does not fit, loaded or not. */
export function lintOne(framework: Framework, documents: InspectionDocuments): Finding[] {
  return lintFramework(framework, {
    find: around(framework, documents),
    functions: new Set(functionsOf(documents.services).map(({ id }) => id)),
  });
}

/** Everything in the frameworks and in the list of units that does not fit, each place beginning with its document. */
export function lintDocuments(documents: InspectionDocuments): Finding[] {
  const { frameworks, providers, services, roster } = documents;
  const within = (name: string, findings: readonly Finding[]) =>
    findings.map(({ where, problem }) => ({ where: `${name}: ${where}`, problem }));
  return [
    ...Object.values(frameworks).flatMap((framework) => within(framework.id, lintOne(framework, documents))),
    ...(providers ? within('providers', lintProviders(providers, { frameworks, services, roster })) : []),
  ];
}

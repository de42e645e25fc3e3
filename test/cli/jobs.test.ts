import path from 'node:path';
import { mayDecide } from '../../src/cli/jobs.js';
import { PROJECT_ROOT } from '../../src/config.js';
import * as containment from '../../src/domain/containment.js';
import { LossConfirmed } from '../../src/domain/containment.js';
import { readPlaybook } from '../../src/store/documents.js';
import { at, authority, containmentTerms, decision, DIGEST } from '../domain/support.js';

const NOW = at('2020-09-16T12:00:00+09:00');

test('of a decision that two persons take, whoever has voted may not fill the second seat, and the other role may', async () => {
  const documents = await readPlaybook(path.join(PROJECT_ROOT, 'playbooks', 'example'));
  const two = { seats: [['incidentCommander'], ['ciso']], notProposer: false, notControlOwner: false };
  const subjects = { ...documents.decisions.subjects, 'containment.decide': two };
  const strict = { ...documents, decisions: { ...documents.decisions, subjects } } as typeof documents;
  const fire = { incident: 'B', target: 'mijica-transfer' };
  const plan = { ...fire, digest: DIGEST, terms: containmentTerms(), sequence: 0, round: 1 };
  const loss = LossConfirmed.parse({
    ...{ v: 1, ...fire, reference: 'case-1', count: 1, occurredAt: NOW, confirmedAt: NOW },
  });
  const opened = containment.openContainment('containment/B/mijica-transfer', plan, NOW).state;
  const deciding = containment.lossConfirmed(opened, loss, NOW).state;
  const [question] = containment.containmentQuestions(deciding);
  const may = (state: typeof deciding, verdict: string) =>
    mayDecide(strict, { job: 'containment', state }, question!, NOW)[verdict];
  expect(may(deciding, 'continue')).toEqual(['commander-1', 'commander-2', 'ciso-1']);

  const voted = containment.decideContainment(deciding, decision(question!, 'continue'), authority(false), NOW).state;
  expect(may(voted, 'continue')).toEqual(['ciso-1']);
  expect(may(voted, 'suspend')).toEqual(['commander-1', 'commander-2', 'ciso-1']);
});

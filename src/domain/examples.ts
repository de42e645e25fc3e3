/** One right example for everything that people or other systems send; shown in refusals and shipped in `examples/`. */
export const examples = {
  suspension: {
    v: 1,
    incident: 'B',
    measure: 'suspend',
    targets: ['mijica-transfer'],
    by: 'duty-1',
    reason: 'Transfers to unknown members are confirmed',
    failedControl: 'member-login-detection',
  },
  containment: { v: 1, incident: 'B', target: 'mijica-transfer' },
  guardSweep: { v: 1 },
  decide: {
    v: 1,
    subject: 'approve',
    verdict: 'approve',
    by: 'commander-1',
    reason: 'Losses go on',
    digest: '0123456789abcdef0123456789abcdef',
  },
  proposeLift: { v: 1, by: 'owner-1', reason: 'The control is in place and tested' },
  lossConfirmed: {
    v: 1,
    incident: 'B',
    target: 'mijica-transfer',
    reference: 'case-2020-08-09-1',
    count: 4,
    occurredAt: '2020-08-08T09:00:00+09:00',
    confirmedAt: '2020-08-09T10:00:00+09:00',
  },
  driftFound: { v: 1, target: 'mijica-transfer', readBack: 'ACTIVE', at: '2020-09-17T00:00:00Z' },
  reconcile: { v: 1, by: 'duty-1' },
} as const;

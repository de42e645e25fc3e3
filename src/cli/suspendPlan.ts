import { zoneAt } from '../activities/zone.js';
import type { Plan, SuspensionPreview } from '../domain/suspension.js';
import { seatsFor } from '../domain/roster.js';
import { MEASURES } from '../domain/wording/suspension.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { dryRunHeading, showSeats } from './send.js';
import { showPreview, underWayOf } from './suspendPreview.js';

/** The dry run of a proposal or an emergency stop: everything that a person should see before doing it. */
export async function planResult(
  context: Context,
  workflowId: string,
  { plan, preview }: { plan: Plan; preview: SuspensionPreview },
): Promise<Result> {
  const at = context.now();
  const { documents } = await context.documents();
  const zone = zoneAt(documents.playbook.zone, at);
  const rule = plan.input.emergency ? 'suspension.ratify' : 'suspension.approve';
  const { roster, decisions } = documents;
  const { by: proposer, failedControl } = plan.input;
  const row = decisions.subjects[rule];
  const seats = row ? seatsFor(roster, row, { proposer, failedControl }, at) : [];
  const { siblingsWithin } = plan.terms.suspension;
  const underWay = await underWayOf(context, preview);
  return {
    data: {
      dryRun: true,
      workflowId,
      input: plan.input,
      digest: plan.digest,
      preview,
      underWay,
      decidedBy: { rule, seats },
    },
    page: (page) => {
      dryRunHeading(page);
      page.raw(
        `${workflowId}   ${page.t(MEASURES[preview.measure])}${plan.input.emergency ? page.t({ en: ', emergency', ja: '（緊急）' }) : ''}`,
      );
      showPreview(page, preview, { documents, zone, siblingsWithin, underWay });
      page.heading(
        plan.input.emergency
          ? page.t({ en: 'Effect at once; to be ratified by', ja: '直ちに実施。追認できる人' })
          : page.t({ en: 'To be approved by', ja: '承認できる人' }),
      );
      showSeats(page, seats);
      page.raw();
      page.raw(
        `${page.t({ en: 'Digest of exactly this', ja: 'この内容の要約値' })}: ${page.paint(plan.digest, 'bold')}`,
      );
    },
  };
}

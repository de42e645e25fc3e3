export const DUTIES = [
  'customerNotice',
  'disclosureDecision',
  'callDeskScript',
  'stopScreenText',
  'partnerNotice',
  'filingAssessment',
] as const;
/** A duty that a stop opens for others: a row with an owner and a due instant. */
export type DutyKind = (typeof DUTIES)[number] | 'lossDisclosureDecision';

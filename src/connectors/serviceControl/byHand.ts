import type { Sentence } from '../../domain/sentence.js';
import type { ByHandConnector } from './schema.js';
import { fillText, lookup, type Lookup, TemplateProblem } from './template.js';
import type {
  ByHand,
  ChannelState,
  ControlOrder,
  ControlTarget,
  ProbeResult,
  ReadResult,
  SendResult,
  ServiceControl,
} from './types.js';

const INSTRUCTIONS: Record<ChannelState, Sentence> = {
  SUSPENDED: {
    ja: '「{{target.id}}」を停止し、停止したことを確かめてから、あなたの名前で完了を報告してください（指示番号 {{order.key}}）。',
    en: 'Stop "{{target.id}}", check that it is stopped, then confirm it with your name (order {{order.key}}).',
  },
  RESTRICTED: {
    ja: '「{{target.id}}」を制限し、制限されたことを確かめてから、あなたの名前で完了を報告してください（指示番号 {{order.key}}）。',
    en: 'Restrict "{{target.id}}", check that it is restricted, then confirm it with your name (order {{order.key}}).',
  },
  ACTIVE: {
    ja: '「{{target.id}}」を再開し、使えることを確かめてから、あなたの名前で完了を報告してください（指示番号 {{order.key}}）。',
    en: 'Open "{{target.id}}" again, check that it works, then confirm it with your name (order {{order.key}}).',
  },
};

const LIMIT: Sentence = {
  ja: '上限額は {{order.limitYen}} 円です。',
  en: ' The limit is {{order.limitYen}} yen.',
};

const IN_FLIGHT: Record<NonNullable<ControlOrder['inFlight']>, Sentence> = {
  finish: { ja: '受付済みの処理は最後まで行ってください。', en: ' Let what is already accepted finish.' },
  hold: { ja: '受付済みの処理は保留してください。', en: ' Hold what is already accepted.' },
  reject: { ja: '受付済みの処理は取り消してください。', en: ' Reject what is already accepted.' },
};

const CHECK: Sentence = {
  ja: '「{{target.id}}」が今どの状態か（利用中・制限中・停止中）を確かめ、あなたの名前で報告してください。',
  en: 'Look up how "{{target.id}}" stands now (active, restricted or suspended) and report it with your name.',
};

/** Service control by a person: every answer is a task, and only a named confirmation proves anything. */
export class ByHandServiceControl implements ServiceControl {
  constructor(private readonly connector: ByHandConnector) {}

  send(target: ControlTarget, order: ControlOrder): Promise<SendResult> {
    const values = lookup(target, order);
    const own = this.connector.instructions[order.wanted];
    let general = INSTRUCTIONS[order.wanted];
    if (order.wanted === 'RESTRICTED' && order.limitYen !== undefined) general = joined(general, LIMIT);
    if (order.wanted === 'SUSPENDED' && order.inFlight) general = joined(general, IN_FLIGHT[order.inFlight]);
    return Promise.resolve(byHand(own, general, values));
  }

  read(target: ControlTarget): Promise<ReadResult> {
    return Promise.resolve(byHand(this.connector.check, CHECK, lookup(target)));
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ kind: 'none' });
  }
}

function joined(first: Sentence, second: Sentence): Sentence {
  return { ja: first.ja + second.ja, en: first.en + second.en };
}

/** A stop must not fail because a text lacks a value: then the general sentence goes out, which needs only the order. */
function byHand(own: Sentence | undefined, general: Sentence, values: Lookup): ByHand {
  const fill = (sentence: Sentence): Sentence => ({
    ja: fillText(sentence.ja, values, (value) => value),
    en: fillText(sentence.en, values, (value) => value),
  });
  try {
    return { kind: 'by-hand', instruction: fill(own ?? general) };
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return { kind: 'by-hand', instruction: fill(general) };
  }
}

/** Marks of everything that leaves a drill, so that nobody takes it for the bank's word. */
export const DRILL_SUBJECT = '[訓練 DRILL] ';
export const DRILL_NOTICE = '【再現・訓練】これは訓練のメッセージです。 / This message belongs to a drill.';

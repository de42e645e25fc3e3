import { patched } from '@temporalio/workflow';

/**
 * Stops and containments that began with it ask the channel only for what the register holds, tell a late target even
 * where nobody takes its order up, pass no loss on to whom it does not concern, and take no other measure for their own.
 * Ask at the start of a run, where its event arrives.
 */
export const inTime = (): boolean => patched('orders-in-time');

/** Are people called for a loss on what is stopped? Asked where a loss comes in, or what the run before had not taken. */
export const callsAfterStop = (): boolean => patched('calls-after-stop');

import { setTimeout as sleep } from 'node:timers/promises';

export const activities = {
  async fail(secret: string): Promise<void> {
    throw new Error(`cannot ${secret}`);
  },
  async linger(milliseconds: number): Promise<string> {
    await sleep(milliseconds);
    return 'lingered';
  },
};

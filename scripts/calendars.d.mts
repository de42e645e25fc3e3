export function calendarFiles(): Record<string, string>;

/** Writes a line into the service's log. */
export type TriggerLog = (line: 'hold.released' | 'schedule.fired', facts: Readonly<Record<string, unknown>>) => void

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Fields are numbers, fixed words and route patterns: never a body, a header, a path with an id in it. */
type LogFields = Readonly<Record<string, string | number | boolean | null>>

export interface Log {
  /** Whether lines of this level are written: ask before making the fields of a line that every request would write. */
  has(level: Exclude<LogLevel, 'off'>): boolean
  write(level: Exclude<LogLevel, 'off'>, event: string, fields?: LogFields): void
}

/** Lines of one event that are written within a second; the rest are counted. */
const PER_SECOND = 20

/**
 * Writes one JSON object a line to standard error: standard output keeps the lines that scripts wait for.
 *
 * An event that comes in floods (a 503 for each of 10,000 requests) is written 20 times a second; the next line
 * after that says in `suppressed` how many were left out.
 */
export function createLog(level: LogLevel, out: { write(line: string): unknown } = process.stderr): Log {
  const lowest = LOG_LEVELS.indexOf(level)
  const seen = new Map<string, { second: number; count: number; suppressed: number }>()
  const has: Log['has'] = (lineLevel) => LOG_LEVELS.indexOf(lineLevel) >= lowest
  return {
    has,
    write(lineLevel, event, fields) {
      if (!has(lineLevel)) return
      const now = Date.now()
      const second = Math.floor(now / 1000)
      const flood = seen.get(event) ?? { second, count: 0, suppressed: 0 }
      seen.set(event, flood)
      if (flood.second !== second) Object.assign(flood, { second, count: 0 })
      flood.count += 1
      if (flood.count > PER_SECOND && lineLevel !== 'debug') {
        flood.suppressed += 1
        return
      }
      const suppressed = flood.suppressed > 0 ? { suppressed: flood.suppressed } : {}
      flood.suppressed = 0
      out.write(
        `${JSON.stringify({ at: new Date(now).toISOString(), level: lineLevel, event, ...fields, ...suppressed })}\n`,
      )
    },
  }
}

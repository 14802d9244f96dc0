const MS_OF = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SECONDS_OF = { s: 1, m: 60, h: 3600 } as const

const BYTES_OF = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const

export const BYTES_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(MiB|GiB|TiB)$/
export const DURATION_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/
export const RATE_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)\/(s|m|h)$/

/**
 * Reads a written span; null when it is none.
 *
 * Units: whole milliseconds.
 * @example parseDurationMs('1.5s') // 1500
 */
export function parseDurationMs(text: string): number | null {
  const match = DURATION_PATTERN.exec(text)
  if (match === null) return null
  return Math.round(Number(match[1]) * MS_OF[match[2] as keyof typeof MS_OF])
}

/**
 * Reads a written rate; null when it is none.
 *
 * @example parsePerSecond('90/m') // 1.5
 */
export function parsePerSecond(text: string): number | null {
  const match = RATE_PATTERN.exec(text)
  if (match === null) return null
  return Number(match[1]) / SECONDS_OF[match[2] as keyof typeof SECONDS_OF]
}

/**
 * Reads a written size; null when it is none.
 *
 * @example parseBytes('1.5GiB') // 1_610_612_736
 */
export function parseBytes(text: string): number | null {
  const match = BYTES_PATTERN.exec(text)
  if (match === null) return null
  return Math.round(Number(match[1]) * BYTES_OF[match[2] as keyof typeof BYTES_OF])
}

/** Writes a span in the largest unit that keeps it whole. */
export function formatDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((unit) => ms !== 0 && ms % MS_OF[unit] === 0) ?? 'ms'
  return `${ms / MS_OF[unit]}${unit}`
}

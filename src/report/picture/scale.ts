/** Round steps that people count in. */
const STEPS = [1, 2, 5, 10]

/** Marks of an axis from 0, at round numbers; the last is at or above `most`. */
export function ticksTo(most: number, { count = 4, least = 1 }: { count?: number; least?: number } = {}): number[] {
  const rough = Math.max(most / count, least)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (STEPS.find((candidate) => candidate * power >= rough * 0.999) ?? 10)
  const last = Math.max(1, Math.ceil((most / step) * 0.999))
  return Array.from({ length: last + 1 }, (_, at) => at * step)
}

const SPAN_STEPS_MS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000,
  3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
]

/** The round span that divides a longer one into at most `count` parts. */
export function spanStep(spanMs: number, count: number): number {
  const day = 86_400_000
  return SPAN_STEPS_MS.find((step) => spanMs / step <= count) ?? Math.ceil(spanMs / count / day) * day
}

/** Short enough for a drawing, exact enough for the eye. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/**
 * Finds the known name that a mistyped one most likely means; null when none is near.
 *
 * Near is a third of the longer name, rounded up, and at most three edits: `retrys` means `retry`, `x` means nothing.
 * A swap of two neighbours is one edit (optimal string alignment).
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = plain(name)
  let best: { name: string; distance: number } | null = null
  for (const candidate of known) {
    const longest = Math.max(wanted.length, candidate.length)
    if (longest > LONGEST_COMPARED) continue
    const distance = editDistance(wanted, plain(candidate))
    if (distance > Math.min(3, Math.ceil(longest / 3)) || distance >= longest) continue
    if (best === null || distance < best.distance) best = { name: candidate, distance }
  }
  return best?.name ?? null
}

/** The comparison is quadratic, and no key of ours is longer than 30. */
const LONGEST_COMPARED = 64

/** `timeoutMs`, `time-out` and `TIMEOUT` are the same word badly written. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '')
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

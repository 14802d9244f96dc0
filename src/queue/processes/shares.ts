interface Shareable {
  readonly isReady: boolean
  readonly share: number
  readonly unstarted: number
}

function isBusy({ share, unstarted }: Shareable): boolean {
  return share > 0 && unstarted > 0
}

/**
 * Splits a ceiling into whole shares whose sum is never above it.
 *
 * With at least one call for each ready sender the parts are equal (the first ones take the remainder); with
 * fewer, those that hold the most rows get one each: a share without work would be a call nobody makes.
 */
export function splitShares<S extends Shareable>(concurrency: number, senders: readonly S[]): Map<S, number> {
  const ready = senders.filter(({ isReady }) => isReady)
  const shares = new Map<S, number>(senders.map((sender) => [sender, 0]))
  if (concurrency < ready.length) {
    // Who has a share and rows keeps it: a share that wanders is one that nobody uses.
    const busiest = ready.toSorted((a, b) => Number(isBusy(b)) - Number(isBusy(a)) || b.unstarted - a.unstarted)
    for (const sender of busiest.slice(0, concurrency)) shares.set(sender, 1)
    return shares
  }
  ready.forEach((sender, i) => {
    shares.set(sender, Math.floor(concurrency / ready.length) + (i < concurrency % ready.length ? 1 : 0))
  })
  return shares
}

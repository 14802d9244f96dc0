interface Shareable {
  readonly isReady: boolean
  /** The oldest slice with rows to start; infinite without one. */
  readonly nextSlice: number
  /** The share that it has now. */
  readonly share: number
}

/**
 * Splits a ceiling into whole shares whose sum is never above it.
 *
 * With at least one call for each ready sender the parts are equal (the first ones take the remainder). With fewer,
 * those that hold the oldest slices get one each: rows keep their order, and a share never lies where there is no work.
 * Among those that hold none it stays where it is: room that was told must not be gone when a slice comes.
 */
export function splitShares<S extends Shareable>(concurrency: number, senders: readonly S[]): Map<S, number> {
  const ready = senders.filter(({ isReady }) => isReady)
  const shares = new Map<S, number>(senders.map((sender) => [sender, 0]))
  if (concurrency < ready.length) {
    const byAge = ready.toSorted((a, b) =>
      a.nextSlice === b.nextSlice ? b.share - a.share : a.nextSlice - b.nextSlice,
    )
    for (const sender of byAge.slice(0, concurrency)) shares.set(sender, 1)
    return shares
  }
  ready.forEach((sender, i) => {
    shares.set(sender, Math.floor(concurrency / ready.length) + (i < concurrency % ready.length ? 1 : 0))
  })
  return shares
}

import { serialize } from 'node:v8'

/** A sender that reports every row as left out, and dies over row 7 whenever it comes to it. */
interface Slice {
  readonly id: number
  readonly firstSeq: number
  readonly count: number
  readonly notes: readonly { readonly seq: number }[] | null
}

const tell = (message: object): void => void process.send?.(message)

process.on('message', (message: { readonly kind: string; readonly slice: Slice }) => {
  if (message.kind === 'setup') tell({ kind: 'ready' })
  if (message.kind !== 'slice') return
  const { id, firstSeq, count, notes } = message.slice
  for (const seq of notes?.map((note) => note.seq) ?? Array.from({ length: count }, (_, at) => firstSeq + at)) {
    if (seq === 7) {
      process.send?.({ kind: 'announced', announced: { seq, isRendering: true } }, undefined, undefined, () =>
        process.exit(1),
      )
      return
    }
    const verdict = { kind: 'suppressed', reason: 'template', message: null }
    const packed = { count: 1, bytes: serialize([{ sliceId: id, reports: [{ seq, verdict }] }]) }
    tell({ kind: 'reports', packed, inFlight: 0, unstarted: 0 })
  }
  tell({ kind: 'started', sliceId: id })
  tell({ kind: 'ended', sliceId: id, notStarted: [] })
})
process.on('disconnect', () => process.exit(0))

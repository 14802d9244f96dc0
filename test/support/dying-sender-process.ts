// oxlint-disable-next-line import/no-unassigned-import -- It is a program: being started is what it is for.
import '../../src/sender/entry.ts'

/**
 * The real sender, but that it dies over row 7, as of a template that eats all memory: over any slice with that row, and
 * where rows are announced, before it is rendered.
 */
const DEADLY_ROW = 7

interface Heard {
  readonly kind: string
  readonly slice?: { readonly firstSeq: number; readonly count: number; readonly isCareful: boolean }
  readonly announced?: { readonly row: number | null; readonly isRendering: boolean }
}

process.on('message', ({ kind, slice }: Heard) => {
  if (kind !== 'slice' || slice === undefined || slice.isCareful) return
  if (slice.firstSeq <= DEADLY_ROW && DEADLY_ROW < slice.firstSeq + slice.count) process.exit(1)
})

const send = process.send!.bind(process)
process.send = (message: Heard, ...rest: unknown[]) => {
  const { announced } = message
  const isDeadly = announced?.row === DEADLY_ROW && announced.isRendering
  const onSent = isDeadly ? () => process.exit(1) : (rest[2] as () => void)
  return send(message, undefined, undefined, onSent)
}

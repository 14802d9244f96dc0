import type { Clock } from '../../clock.ts'
import type { Markup } from '../../report/report.ts'

/** Parts of a page as they are now, by their ids. */
export interface LiveParts {
  readonly parts: Readonly<Record<string, Markup>>
  /** Data of charts, as JSON text. */
  readonly charts?: Readonly<Record<string, string>>
  /** Nothing changes any more. */
  readonly isOver: boolean
}

/** Proxies close what is silent, most after a minute. */
const KEEP_ALIVE_MS = 15_000
/** A browser comes back by itself, and shows its session again. */
const LONGEST_MS = 5 * 60_000

/**
 * Tells a page of its parts that have changed since they were last told, as server-sent events.
 *
 * @see HTML Living Standard §9.2.5, "Parsing an event stream"
 */
export function liveResponse(
  look: () => LiveParts | Promise<LiveParts>,
  {
    clock,
    everyMs,
    onEnd = () => undefined,
  }: {
    readonly clock: Clock
    readonly everyMs: number
    /** Called once, when nobody is told any more. */
    readonly onEnd?: () => void
  },
): Response {
  const left = new AbortController()
  const encoder = new TextEncoder()
  const told = new Map<string, string>()
  const begunAt = clock.now()
  let toldAt = begunAt
  let isFirst = true
  const end = (): void => {
    if (left.signal.aborted) return
    left.abort()
    onEnd()
  }
  const changed = (kind: string, entries: readonly (readonly [string, string])[]): Record<string, string> => {
    const fresh = entries.filter(([id, text]) => told.get(`${kind} ${id}`) !== text)
    for (const [id, text] of fresh) told.set(`${kind} ${id}`, text)
    return Object.fromEntries(fresh)
  }
  const next = async (): Promise<{ readonly text: string; readonly isOver: boolean }> => {
    const { parts, charts = {}, isOver } = await look()
    const marked = Object.entries(parts).map(([id, markup]) => [id, markup.text] as const)
    const fresh = { parts: changed('part', marked), charts: changed('chart', Object.entries(charts)) }
    const isAny = Object.keys(fresh.parts).length + Object.keys(fresh.charts).length > 0
    const now = clock.now()
    const isQuiet = !isAny && now - toldAt >= KEEP_ALIVE_MS
    if (isAny || isQuiet) toldAt = now
    const text = isAny ? `event: parts\ndata: ${JSON.stringify(fresh)}\n\n` : isQuiet ? ': still there\n\n' : ''
    return { text: isOver ? `${text}event: end\ndata: {}\n\n` : text, isOver: isOver || now - begunAt > LONGEST_MS }
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (!left.signal.aborted) {
        if (!isFirst) await clock.sleep(everyMs, left.signal)
        isFirst = false
        if (left.signal.aborted) return
        const { text, isOver } = await next().catch((error: unknown) => {
          end()
          throw error
        })
        if (left.signal.aborted) return
        if (text !== '') controller.enqueue(encoder.encode(text))
        if (isOver) {
          controller.close()
          end()
        }
        if (isOver || text !== '') return
      }
    },
    cancel: end,
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' } })
}

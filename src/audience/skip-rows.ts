import type { RowSink } from './row-pass.ts'

/** A sink that lets the first `count` rows go by: they are in the spool already. */
export function skipRows(sink: RowSink, count: number): RowSink {
  let left = count
  return {
    verbatim(line) {
      if (left > 0) left--
      else sink.verbatim(line)
    },
    text(line) {
      if (left > 0) left--
      else sink.text(line)
    },
    settle: () => (left > 0 ? Promise.resolve() : sink.settle()),
  }
}

import type { RunReport } from '../report/report.ts'

export const EXIT_DONE = 0
export const EXIT_INCOMPLETE = 1
/** Usage, configuration, template or audience: nothing was sent. */
export const EXIT_REFUSED = 2
/** As a shell says it of a program that Ctrl-C ended: 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130

/** What the shell is told of a run: everyone has it or was left out on purpose, somebody has not, or it can be resumed. */
export function exitCodeOf({ state, failed, aborted }: RunReport): number {
  switch (state) {
    case 'finished':
    case 'aborted':
      return failed + aborted > 0 ? EXIT_INCOMPLETE : EXIT_DONE
    case 'cancelled':
      return EXIT_INCOMPLETE
    case 'running':
    case 'paused':
    case 'interrupted':
      return EXIT_INTERRUPTED
  }
}

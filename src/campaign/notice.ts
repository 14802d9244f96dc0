/** What operators can be told about, by the name it has in `notify.on`, in the notice itself and in the docs. */
export const NOTICE_TYPES = [
  'run.finished',
  'run.aborted',
  'webhook.held',
  'schedule.missed',
  'endpoint.suspended',
  'storage.low',
] as const

export type NoticeType = (typeof NOTICE_TYPES)[number]

/**
 * Tells operators of something, within a commit of the service's store: the notice stands or falls with what else that
 * writes down, so that a crash leaves neither one without the other. With an `id` it is told once, however often it is tried.
 */
export type Tell = (type: NoticeType, facts: Readonly<Record<string, unknown>>, id?: string) => void

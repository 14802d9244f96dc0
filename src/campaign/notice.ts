/** What operators can be told about, by the name it has in `notify.on`, in the notice itself and in the docs. */
export const NOTICE_TYPES = ['run.finished', 'run.aborted', 'webhook.held', 'schedule.missed', 'storage.low'] as const

export type NoticeType = (typeof NOTICE_TYPES)[number]

import type { PageRoute } from '../frame/visit.ts'

/** Results as files: what stands in them is never shown by a browser as a page. */
export const downloads: readonly PageRoute[] = (['csv', 'ndjson'] as const).map((format): PageRoute => ({
  method: 'get',
  path: `/runs/:run/results.${format}`,
  handle: async (visit) => {
    const run_id = visit.param('run')
    const answer = await visit.ask('streamResults', { params: { run_id }, query: { format } })
    answer.headers.set('Content-Disposition', `attachment; filename="${run_id}.${format}"`)
    return answer
  },
}))

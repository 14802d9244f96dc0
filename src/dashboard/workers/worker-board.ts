import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import type { Actor } from '../../access/access.ts'
import { ApiError } from '../../errors.ts'
import type { RemoteSenders } from '../../queue/bullmq/bullmq.ts'
import { words } from '../words.ts'

export const BOARD_PATH = '/workers'

/** What bull-board needs beyond our own pages: it names its files from a `base` element. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

type Answer = (request: Request) => Response | Promise<Response>

/**
 * The pages of bull-board, with a queue for each worker: which slices wait there, and which are in hand.
 *
 * For reading only. What a slice holds is sealed, and is left out besides. Loaded when somebody first looks.
 */
export class WorkerBoard {
  readonly #remote: Pick<RemoteSenders, 'jobQueues'>
  #answer: Promise<Answer> | null = null

  constructor(remote: Pick<RemoteSenders, 'jobQueues'>) {
    this.#remote = remote
  }

  /** @throws {ApiError} HOOKCAST_API_DENIED, for whoever neither runs campaigns nor the service. */
  async show(request: Request, { role }: Actor): Promise<Response> {
    if (role !== 'admin' && role !== 'operator') {
      throw new ApiError('HOOKCAST_API_DENIED', words.errors.board, { status: 403 })
    }
    this.#answer ??= loadBoard(this.#remote)
    const answer = await this.#answer
    const shown = await answer(request)
    shown.headers.set('Content-Security-Policy', POLICY)
    return shown
  }
}

async function loadBoard({ jobQueues }: Pick<RemoteSenders, 'jobQueues'>): Promise<Answer> {
  const [{ createBullBoard }, { BullMQAdapter }, { HonoAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/hono'),
  ])
  const server = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH)
  const find = createRequire(import.meta.resolve('@bull-board/hono'))
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: {
      uiBasePath: dirname(find.resolve('@bull-board/ui/package.json')),
      uiConfig: { boardTitle: words.workers.title, miscLinks: [{ text: words.product, url: '/runs' }] },
    },
  })
  const pages = new Hono().route(BOARD_PATH, server.registerPlugin())
  return (request) => {
    board.replaceQueues(
      jobQueues().map(({ name, jobs }) => {
        const adapter = new BullMQAdapter(jobs, { prefix: `${name} `, readOnlyMode: true })
        adapter.setFormatter('data', ({ line, id }: Record<string, unknown>) => ({ sender: line, slice: id }))
        return adapter
      }),
    )
    return pages.fetch(request)
  }
}

/**
 * Answers every call with 200 at once, and keeps a journal: `node receiver-process.ts <port>`, with an IPC channel.
 *
 * Told `count`, it answers how many calls came; told `journal`, each id with the time at which it came.
 */
import { createServer } from 'node:http'

const journal: { readonly id: string; readonly at: number }[] = []
const server = createServer({ keepAliveTimeout: 3_600_000, requestTimeout: 0, noDelay: true }, (request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.once('end', () => {
    journal.push({ id: body, at: Date.now() })
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok')
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.send?.('listening'))
process.on('message', (asked) => process.send?.(asked === 'count' ? journal.length : journal))
process.once('disconnect', () => process.exit())

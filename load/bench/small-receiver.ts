/** Answers every request with 200 and `{"success":true}`, as fast as Node's own server does: `node small-receiver.ts <port>`. */
import { createServer } from 'node:http'

const ANSWER = '{"success":true}'
const HEADERS = { 'content-type': 'application/json', 'content-length': ANSWER.length }

const server = createServer({ keepAliveTimeout: 3_600_000, requestTimeout: 0, noDelay: true }, (request, response) => {
  request.resume()
  request.once('end', () => response.writeHead(200, HEADERS).end(ANSWER))
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)

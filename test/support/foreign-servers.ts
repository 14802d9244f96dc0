import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The server that the npm package `wiremock` brings, on loopback; the package's own command listens everywhere. */
export async function startWireMock(cleanUp: AsyncDisposableStack): Promise<string> {
  const folder = dirname(fileURLToPath(import.meta.resolve('wiremock/package.json')))
  const [jar = ''] = globSync(join(folder, 'build/*.jar'))
  const options = ['--port', '0', '--bind-address', '127.0.0.1', '--disable-banner', '--no-request-journal']
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-Xmx128m', '-jar', jar, ...options], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanUp.defer(() => end(child))
  let told = ''
  for await (const chunk of child.stdout) {
    told += String(chunk)
    const port = /^port:\s+(\d+)/m.exec(told)?.[1]
    if (port !== undefined) return `http://127.0.0.1:${port}`
  }
  throw new Error(`WireMock ended early: ${told}`)
}

/** httpbin as Debian has it (`python3-httpbin`), on loopback. */
export async function startHttpbin(cleanUp: AsyncDisposableStack): Promise<string> {
  const port = await freePort()
  const args = ['-W', 'ignore', '-m', 'httpbin.core', '--host', '127.0.0.1', '--port', String(port)]
  const child = spawn('/usr/bin/python3', args, { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] })
  cleanUp.defer(() => end(child))
  let told = ''
  for await (const chunk of child.stderr) {
    told += String(chunk)
    if (!told.includes('Running on')) continue
    child.stderr.resume()
    return `http://127.0.0.1:${port}`
  }
  throw new Error(`httpbin ended early; is python3-httpbin installed? ${told}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

import { execFileSync, fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childrenOf, readCpuTimes } from './process-figures.ts'
import type { Script, Seen } from './scripted-receiver.ts'

/** What answers every request at once with 200 and `{"success":true}`, in a process of its own. */
export interface Receiver extends AsyncDisposable {
  /** What it is, for the table. */
  readonly name: string
  readonly origin: string
  /** The same over TLS, and what to trust there; null where that is not to be had. */
  readonly tls: { readonly origin: string; readonly caFile: string } | null
  /** CPU time that it has used so far; null where the system does not tell. */
  cpuMs(): number | null
}

/** Starts nginx with one worker where it is installed, else a small Node server, which is the slower one. */
export async function startReceiver(folder: string): Promise<Receiver> {
  const nginx = nginxVersion()
  const port = await freePort()
  if (nginx === null) {
    const script = fileURLToPath(new URL('small-receiver.ts', import.meta.url))
    const child = spawn(process.execPath, [script, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
    const name = `node:http of Node ${process.versions.node} (nginx is not installed)`
    return receiverFrom(child, { name, port, tls: null })
  }
  const prefix = join(folder, 'nginx')
  mkdirSync(prefix)
  const caFile = makeCertificate(prefix)
  const tlsPort = caFile === null ? null : await freePort()
  writeFileSync(join(prefix, 'nginx.conf'), nginxConfig(port, tlsPort))
  const child = spawn(nginx.path, ['-p', prefix, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const tls = caFile === null ? null : { origin: `https://127.0.0.1:${tlsPort}`, caFile }
  return receiverFrom(child, { name: `nginx ${nginx.version}, 1 worker`, port, tls })
}

/** A certificate of its own; null where there is no openssl. */
function makeCertificate(folder: string): string | null {
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem']
  try {
    const flags = ['req', '-x509', '-days', '2', '-out', 'cert.pem', ...key, ...name]
    execFileSync('openssl', flags, { cwd: folder, stdio: 'ignore' })
    return join(folder, 'cert.pem')
  } catch {
    return null
  }
}

async function receiverFrom(
  child: ChildProcess,
  { name, port, tls }: Pick<Receiver, 'name' | 'tls'> & { readonly port: number },
): Promise<Receiver> {
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null
  const end = async (): Promise<void> => {
    if (isGone()) return
    const ended = once(child, 'exit')
    // Not SIGKILL: the master of nginx has to end its worker.
    child.kill('SIGTERM')
    await ended
  }
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error))
  await Promise.race([failed, untilListening(port, isGone)])
  return {
    name,
    origin: `http://127.0.0.1:${port}`,
    tls,
    cpuMs: () => {
      const times = [child.pid!, ...childrenOf(child.pid!)].map((pid) => readCpuTimes(pid))
      return times.includes(null) ? null : times.reduce((sum, each) => sum + (each?.ownMs ?? 0), 0)
    },
    [Symbol.asyncDispose]: end,
  }
}

function nginxVersion(): { readonly path: string; readonly version: string } | null {
  // A user's PATH has no sbin on Debian, which is where its package puts it.
  for (const path of ['nginx', '/usr/sbin/nginx']) {
    try {
      // `nginx -v` tells it on stderr.
      const said = execFileSync('/bin/sh', ['-c', '"$0" -v 2>&1', path], { encoding: 'utf8' })
      const version = /nginx\/([\d.]+)/.exec(said)?.[1]
      if (version !== undefined) return { path, version }
    } catch {
      continue
    }
  }
  return null
}

function nginxConfig(port: number, tlsPort: number | null): string {
  const answer = `location / { return 200 '{"success":true}'; }`
  const secure =
    tlsPort === null
      ? ''
      : `server {
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    ${answer}
  }`
  return `daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  keepalive_time 24h;
  default_type application/json;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${answer}
  }
  ${secure}
}
`
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const TRIES = 100
const TRY_MS = 50

export async function untilListening(port: number, isGone: () => boolean): Promise<void> {
  for (let tries = 0; tries < TRIES && !isGone(); tries++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, TRY_MS))
  }
  throw new Error(`The receiver did not start: 127.0.0.1:${port}`)
}

/** A receiver that answers by a script, in a process of its own. */
export interface ScriptedReceiver extends Receiver {
  seen(): Promise<Seen>
}

export async function startScripted(script: Script): Promise<ScriptedReceiver> {
  const child = fork(new URL('scripted-receiver.ts', import.meta.url), [JSON.stringify(script)])
  const [port] = (await once(child, 'message')) as [number]
  return {
    name: 'node:http, scripted',
    origin: `http://127.0.0.1:${port}`,
    tls: null,
    cpuMs: () => readCpuTimes(child.pid!)?.ownMs ?? null,
    async seen() {
      child.send('seen')
      const [seen] = (await once(child, 'message')) as [Seen]
      return seen
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

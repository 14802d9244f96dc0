import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A receiver in a process of its own, and what came there. */
export interface Receiver extends Disposable {
  readonly pid: number
  count(): Promise<number>
  journal(): Promise<readonly { readonly id: string; readonly at: number }[]>
}

export async function startReceiver(port: number): Promise<Receiver> {
  const script = fileURLToPath(new URL('receiver-process.ts', import.meta.url))
  const child = fork(script, [String(port)], { execArgv: [], serialization: 'advanced' })
  await once(child, 'message')
  const ask = async (what: 'count' | 'journal'): Promise<unknown> => {
    const answered = once(child, 'message') as Promise<[unknown]>
    child.send(what)
    const [answer] = await answered
    return answer
  }
  return {
    pid: child.pid!,
    count: async () => (await ask('count')) as number,
    journal: async () => (await ask('journal')) as { id: string; at: number }[],
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

import { createInterface } from 'node:readline/promises'

/** Asks whoever sits there; Ctrl-C and Ctrl-D are the empty answer. */
async function ask(question: string): Promise<string> {
  using lines = createInterface({ input: process.stdin, output: process.stderr })
  const gone = new AbortController()
  for (const event of ['SIGINT', 'close'] as const) lines.on(event, () => gone.abort())
  try {
    return await lines.question(question, { signal: gone.signal })
  } catch (error) {
    if (!gone.signal.aborted) throw error
    process.stderr.write('\n')
    return ''
  }
}

/** Asks for a yes; anything else is a no. */
export async function isAgreed(question: string): Promise<boolean> {
  return /^\s*y(es)?\s*$/i.test(await ask(`${question} [y/N] `))
}

/**
 * Lays JSON text out over lines and changes nothing else: numbers, escapes and repeated keys stay as they were written.
 *
 * Default: text that is no JSON is given back as it is.
 */
export function indentJson(text: string): string {
  if (!isJson(text)) return text
  let depth = 0
  let laidOut = ''
  for (const [token] of text.matchAll(TOKEN)) {
    const isEnd = token === '}' || token === ']'
    if (isEnd) depth--
    const opened = laidOut.at(-1)
    const isEmpty = isEnd && (opened === '{' || opened === '[')
    if (!isEmpty && (isEnd || opened === '{' || opened === '[' || opened === ',')) laidOut += `\n${'  '.repeat(depth)}`
    laidOut += token === ':' ? ': ' : token
    if (token === '{' || token === '[') depth++
  }
  return laidOut
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

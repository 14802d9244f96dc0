import type { Target } from './node.ts'
import type { TokenCursor } from './token-cursor.ts'

const CONSTANTS = ['true', 'True', 'false', 'False', 'none', 'None']

/** What `set`, `for` and `with` assign to: a name, several with commas, or an attribute of a namespace. */
export function parseTarget(cursor: TokenCursor, options: { isNamespaceAllowed: boolean }): Target {
  const { start } = cursor.current
  const first = parseOne(cursor, options)
  if (!cursor.isOperator(',')) return first
  const items = [first]
  while (cursor.skipOperator(',')) {
    if (cursor.isOperator(')') || cursor.is('block_end')) break
    items.push(parseOne(cursor, options))
  }
  return { kind: 'tuple', items, start, end: cursor.lastEnd }
}

function parseOne(cursor: TokenCursor, options: { isNamespaceAllowed: boolean }): Target {
  if (cursor.isOperator('(')) return cursor.nested(() => parseGroup(cursor, options))
  const { value: name, start } = cursor.expect('name')
  if (CONSTANTS.includes(name)) throw cursor.fail(`expected a name to assign to, got \`${name}\``, start)
  if (options.isNamespaceAllowed && cursor.skipOperator('.')) {
    const attribute = cursor.expect('name').value
    return { kind: 'namespace', name, attribute, start, end: cursor.lastEnd }
  }
  return { kind: 'name', name, start, end: cursor.lastEnd }
}

function parseGroup(cursor: TokenCursor, options: { isNamespaceAllowed: boolean }): Target {
  cursor.next()
  const inner = parseTarget(cursor, options)
  cursor.expect('operator', ')')
  return inner
}

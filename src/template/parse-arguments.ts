import type { Arguments, Expression } from './node.ts'
import type { TokenCursor } from './token-cursor.ts'

/** Handed in by the expression parser, which stands above this file. */
export type ParseExpression = (cursor: TokenCursor) => Expression

export const NO_ARGUMENTS: Arguments = { positional: [], keywords: [], rest: null, restKeywords: null }

/** `(a, name=b, *rest, **names)`; the cursor stands on the opening bracket. */
export function parseArguments(cursor: TokenCursor, parse: ParseExpression): Arguments {
  cursor.expect('operator', '(')
  const positional: Expression[] = []
  const keywords: { name: string; value: Expression }[] = []
  let rest: Expression | null = null
  let restKeywords: Expression | null = null
  const ensure = (isAllowed: boolean): void => {
    if (!isAllowed) throw cursor.unexpected('arguments in the order `a, name=b, *rest, **names`')
  }
  while (!cursor.isOperator(')')) {
    if (cursor.isOperator('*')) {
      ensure(rest === null && restKeywords === null)
      cursor.next()
      rest = parse(cursor)
    } else if (cursor.isOperator('**')) {
      ensure(restKeywords === null)
      cursor.next()
      restKeywords = parse(cursor)
    } else if (isKeyword(cursor)) {
      ensure(restKeywords === null)
      keywords.push(parseKeyword(cursor, { keywords, parse }))
    } else {
      ensure(rest === null && restKeywords === null && keywords.length === 0)
      positional.push(parse(cursor))
    }
    if (!cursor.skipOperator(',')) break
  }
  cursor.expect('operator', ')')
  return { positional, keywords, rest, restKeywords }
}

function isKeyword(cursor: TokenCursor): boolean {
  return cursor.is('name') && cursor.following.kind === 'operator' && cursor.following.value === '='
}

function parseKeyword(
  cursor: TokenCursor,
  { keywords, parse }: { keywords: readonly { name: string }[]; parse: ParseExpression },
): { name: string; value: Expression } {
  const { value: name, start } = cursor.next()
  if (keywords.some((keyword) => keyword.name === name)) {
    throw cursor.fail(`expected \`${name}\` once, got it twice`, start)
  }
  cursor.next()
  return { name, value: parse(cursor) }
}

/** The name of a filter or test. */
export function parseDottedName(cursor: TokenCursor): { name: string; nameStart: number } {
  const token = cursor.expect('name')
  let name = token.value
  while (cursor.skipOperator('.')) name += `.${cursor.expect('name').value}`
  return { name, nameStart: token.start }
}

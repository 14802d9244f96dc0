import { childrenOf, type Body, type Expression, type For, type Statement } from '../node.ts'
import { bodiesOf, expressionsOf, mentions } from '../scope.ts'
import type { LintRule, Remark } from './finding.ts'

/**
 * Finds variables that are set inside a loop and expected to stay: counters, and flags that are looked at after it.
 *
 * Since Jinja2 2.9 each turn of a loop has variables of its own.
 */
export const loopCounter: LintRule = ({ parsed: { body, isLegacy } }) => (isLegacy ? [] : remarksIn(body, new Set()))

type SetStatement = Statement & { kind: 'set' | 'set_block' }

/** `outer`: names that are set before the body, around it. */
function remarksIn(body: Body, outer: ReadonlySet<string>): Remark[] {
  const known = new Set(outer)
  return body.flatMap((node, at) => {
    if (node.kind === 'for') return remarksOnLoop(node, { known, after: body.slice(at + 1) })
    const inner = bodiesOf(node).flatMap((inner) => remarksIn(inner, known))
    for (const name of namesSet(node)) known.add(name)
    return inner
  })
}

function remarksOnLoop(
  node: For,
  { known, after }: { readonly known: ReadonlySet<string>; readonly after: Body },
): Remark[] {
  const inside = new Set<string>()
  const remarks = new Map<string, Remark>()
  const walk = (body: Body): void => {
    for (const statement of body) {
      if (isSet(statement) && statement.target.kind === 'name') {
        const { name } = statement.target
        const isCounted = readsItself(statement, name) && !inside.has(name)
        const isAwaited = known.has(name) && mentions(after, name)
        if ((isCounted || isAwaited) && !remarks.has(name)) remarks.set(name, remarkOn(statement, name))
        inside.add(name)
      } else if (statement.kind === 'if') {
        for (const inner of bodiesOf(statement)) walk(inner)
      }
    }
  }
  walk(node.body)
  return [...remarks.values(), ...remarksIn(node.body, known)]
}

function remarkOn({ start }: SetStatement, name: string): Remark {
  const message = `\`${name}\` is set for one turn of the loop only, and is what it was before in the next and after it: write {% set ns = namespace(${name}=…) %} before the loop and {% set ns.${name} = … %} in it (or \`legacy_loop_scope: true\` for a template from before Jinja2 2.9)`
  return { code: 'loop_counter', start, message }
}

function isSet(node: Statement): node is SetStatement {
  return node.kind === 'set' || node.kind === 'set_block'
}

function namesSet(node: Statement): string[] {
  if (isSet(node)) return node.target.kind === 'name' ? [node.target.name] : []
  return node.kind === 'if' ? bodiesOf(node).flatMap((body) => body.flatMap(namesSet)) : []
}

function readsItself(node: SetStatement, name: string): boolean {
  return (
    expressionsOf(node).some((value) => isNamed(value, name)) ||
    (node.kind === 'set_block' && mentions(node.body, name))
  )
}

function isNamed(node: Expression, name: string): boolean {
  return (node.kind === 'name' && node.name === name) || childrenOf(node).some((child) => isNamed(child, name))
}

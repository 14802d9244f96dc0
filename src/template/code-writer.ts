import type { Span } from './template-problem.ts'

/** What the generated code may call: names of the runtime's exports. */
export type RuntimeName = string

/** A part of the template that tracing code names by number. */
export interface Site extends Span {
  /** The template's own text, printed as it stands. */
  readonly isText: boolean
}

/**
 * Collects the JavaScript of one template.
 *
 * Names in it are made here (`v1`, `k2`, `t3`), never taken from the template; its texts get in as JSON only.
 */
export class CodeWriter {
  readonly #lines: string[] = []
  readonly #constants = new Map<string, string>()
  readonly #runtime = new Set<RuntimeName>()
  readonly #contextNames = new Map<string, string>()
  readonly #temporaries: string[] = []
  readonly sites: Site[] = []
  /** Code that finds out where a render failed costs time, so it is only made once one has. */
  readonly isTracing: boolean
  #counter = 0

  constructor(isTracing: boolean) {
    this.isTracing = isTracing
  }

  newName(prefix: string): string {
    this.#counter += 1
    return `${prefix}${this.#counter}`
  }

  line(code: string): void {
    this.#lines.push(code)
  }

  /** Names a runtime function, and has it brought in. */
  use(name: RuntimeName): string {
    this.#runtime.add(name)
    return name
  }

  /** A value that is made once per template. */
  constant(code: string): string {
    const known = this.#constants.get(code)
    if (known !== undefined) return known
    const name = this.newName('k')
    this.#constants.set(code, name)
    return name
  }

  isConstant(code: string): boolean {
    return /^(?:k\d+|-?\d+n?|"(?:[^"\\]|\\.)*"|true|false|null|undefined)$/.test(code)
  }

  temporary(): string {
    const name = this.newName('t')
    this.#temporaries.push(name)
    return name
  }

  /** A variable of the context, looked up once per render. */
  contextVariable(name: string): string {
    const known = this.#contextNames.get(name)
    if (known !== undefined) return known
    const variable = this.newName('c')
    this.#contextNames.set(name, variable)
    return variable
  }

  missing(expression: string, why?: string): string {
    const reason = why === undefined ? '' : `, ${JSON.stringify(why)}`
    return this.constant(`${this.use('undefinedValue')}(${JSON.stringify(expression)}${reason})`)
  }

  /** In tracing code: says where a failure inside `code` happened. */
  trace(code: string, span: Span): string {
    if (!this.isTracing) return code
    return `${this.use('traced')}(r, ${this.site(span)}, () => ${code})`
  }

  site(span: Span, isText = false): number {
    this.sites.push({ start: span.start, end: span.end, isText })
    return this.sites.length - 1
  }

  /** The whole script: an expression that, given the runtime, yields the render function. */
  finish(): string {
    const context = [...this.#contextNames].map(([name, variable]) => {
      return `const ${variable} = ${this.use('resolve')}(c, ${JSON.stringify(name)}, ${this.missing(name)});`
    })
    const temporaries = this.#temporaries.length === 0 ? '' : `let ${this.#temporaries.join(', ')};`
    return [
      '((rt) => { "use strict";',
      `const {${[...this.#runtime].join(', ')}} = rt;`,
      ...[...this.#constants].map(([code, name]) => `const ${name} = ${code};`),
      'return (r, c) => {',
      temporaries,
      ...context,
      ...this.#lines,
      '} })',
    ].join('\n')
  }
}

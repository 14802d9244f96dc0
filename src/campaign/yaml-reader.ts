import { ConfigError, type Problem } from '../errors.ts'
import type { SecretText, TemplateText } from './campaign.ts'
import { readVariable } from './environment-variable.ts'
import { type KeyPath, formatKey, valueAt } from './key-path.ts'
import {
  type Environment,
  hasMalformedPlaceholder,
  isOwnName,
  placeholderNames,
  substitute,
  unescapePlaceholders,
} from './secret-text.ts'
import type { KeyProblem } from './shape-problem.ts'
import { placesFrom, placesOf } from './text-places.ts'
import type { YamlText } from './yaml-text.ts'

/** From the beginning of the file to its end, as a person mends it. */
export function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

/** Who wrote a `${NAME}`: the list of variables that may be read is for campaign files, not for hookcast.yaml. */
export interface SecretOwner {
  readonly label: string
  readonly isOperator: boolean
}

/** Reads texts and secrets of one YAML file, and collects what is wrong with them at its place. */
export class YamlReader {
  readonly problems: Problem[] = []
  /** Variables that were asked for, set or not. */
  readonly names = new Set<string>()
  readonly #text: YamlText
  readonly #env: Environment
  /** Variables that may be read; null for all but the program's own. */
  readonly #allowed: readonly string[] | null

  constructor(text: YamlText, { env, allowed }: { env: Environment; allowed: readonly string[] | null }) {
    this.#text = text
    this.#env = env
    this.#allowed = allowed
  }

  get file(): string {
    return this.#text.file
  }

  /** There is a value, be it right or wrong. */
  isWritten(path: KeyPath): boolean {
    return (valueAt(this.#text.value, path) ?? null) !== null
  }

  report(path: KeyPath, message: string): void {
    this.problems.push({ file: this.file, ...this.#text.placeOf(path), message })
  }

  reportAll(problems: readonly KeyProblem[]): void {
    for (const { path, message } of problems) this.report(path, message)
  }

  lineOf(path: KeyPath): number {
    return this.#text.placeOf(path).line
  }

  /** A template that stands in the file itself, or the part of one. */
  textAt(path: KeyPath, whole: string, part = whole): TemplateText {
    const [text, all] = [unescapePlaceholders(part), unescapePlaceholders(whole)]
    const inline = { text, file: this.file, line: this.#text.textLineOf(path) }
    const written = this.#text.writtenAt(path)
    const places = written === null ? null : placesOf(written, all)
    const from = all.lastIndexOf(text)
    return places === null || from === -1 ? inline : { ...inline, places: placesFrom(places, all, from) }
  }

  /** A text that may hold `${NAME}`; what is wrong with it or its value is reported without showing either. */
  secretAt(path: KeyPath, written: string): SecretText {
    const secret = { text: written, file: this.file, line: this.#text.textLineOf(path) }
    if (hasMalformedPlaceholder(written)) {
      this.report(
        path,
        `expected each \${ in ${formatKey(path)} to begin a \${NAME}, got something else: $\${ stands for the text itself`,
      )
    }
    return secret
  }

  /** The value of a secret text, to look at and to forget; null when a variable of it cannot be read (which is reported). */
  valueAt(
    path: KeyPath,
    secret: SecretText,
    owner: SecretOwner = { label: formatKey(path), isOperator: false },
  ): string | null {
    let isMissing = false
    const value = substitute(secret.text, (name) => {
      const value = this.variable(path, name, owner)
      isMissing ||= value === null
      return value ?? ''
    })
    return isMissing ? null : value
  }

  /** The value of a variable that may be needed later, or never; null when it is not set or may not be read. */
  peek(name: string): string | null {
    const read = isOwnName(name) ? null : this.#read(name)
    return read !== null && 'value' in read ? read.value : null
  }

  /** The value of a variable; null when it is not set or may not be read (which is reported). */
  variable(
    path: KeyPath,
    name: string,
    owner: SecretOwner = { label: formatKey(path), isOperator: false },
  ): string | null {
    this.names.add(name)
    const refusal = this.#variableRefusal(name, owner)
    const read = refusal === null ? this.#read(name) : { refusal }
    if ('value' in read && read.value !== null) return read.value
    this.report(path, 'value' in read ? `environment variable not set: ${name}, for ${owner.label}` : read.refusal)
    return null
  }

  #read(name: string): { readonly value: string | null } | { readonly refusal: string } {
    try {
      return { value: readVariable(this.#env, name) }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { refusal: error.problems.map(({ message }) => message).join('; ') }
    }
  }

  #variableRefusal(name: string, { label, isOperator }: SecretOwner): string | null {
    if (isOwnName(name)) {
      return `environment variable not readable: ${name}, for ${label} (names with HOOKCAST_ are the program's own)`
    }
    if (!isOperator && this.#allowed !== null && !this.#allowed.includes(name)) {
      return `environment variable not readable: ${name}, for ${label} (list it under env: in hookcast.yaml, and restart the service if one runs)`
    }
    return null
  }

  /** Reports each `${NAME}` in a place where none is read. */
  refusePlaceholders(root: unknown, isAllowed: (path: KeyPath) => boolean, places: string): void {
    const visit = (value: unknown, path: KeyPath): void => {
      if (isAllowed(path)) return
      if (typeof value === 'string') {
        const [name] = placeholderNames(value)
        if (name === undefined) return
        this.report(
          path,
          `\${${name}} is not allowed in ${formatKey(path)}: it is read in ${places} only ($\${${name}} stands for the text itself)`,
        )
      } else if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) visit(item, [...path, index])
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, item] of Object.entries(value)) visit(item, [...path, key])
      }
    }
    visit(root, [])
  }
}

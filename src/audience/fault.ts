import { ConfigError } from '../errors.ts'

/**
 * Why one row cannot be used: a value that the readers return, since a bad row may be skipped and the pass goes on.
 *
 * Units: `column` is 1-based in the row's own text; null where the place is not known.
 */
export class RowFault {
  readonly message: string
  readonly column: number | null

  constructor(message: string, column: number | null = null) {
    this.message = message
    this.column = column
  }
}

/** Wraps what is wrong with a source as a whole: no row of it can be trusted, so there is nothing to skip. */
export function sourceFault(
  file: string,
  message: string,
  options?: ErrorOptions & { readonly line?: number },
): ConfigError {
  const problem = { file, line: options?.line ?? null, column: null, message }
  return new ConfigError('HOOKCAST_AUDIENCE_INVALID', [problem], options)
}

import { ConfigError } from '../errors.ts'
import type { TemplateText, Warning } from './campaign.ts'
import type { CampaignFiles } from './campaign-folder.ts'
import type { KeyPath } from './key-path.ts'
import type { Settings } from './settings.ts'
import { utf8TextFrom } from './yaml-text.ts'
import type { YamlReader } from './yaml-reader.ts'

/** What the parts of a campaign file are read with; remembers every file that was, for the snapshot. */
export class CampaignContext {
  readonly reader: YamlReader
  readonly settings: Settings
  /** The campaign's name, for suggestions. */
  readonly name: string
  /** Read by the service, or kept by a run of it: what starts by itself may be there. */
  readonly isService: boolean
  readonly warnings: Warning[] = []
  readonly texts: Record<string, string> = {}
  readonly #files: CampaignFiles

  constructor(options: {
    reader: YamlReader
    files: CampaignFiles
    settings: Settings
    name: string
    isService: boolean
  }) {
    this.reader = options.reader
    this.settings = options.settings
    this.name = options.name
    this.isService = options.isService
    this.#files = options.files
  }

  /** The text of a file that the campaign names at `path`; null when it cannot be read (which is reported). */
  fileAt(path: KeyPath, file: string): TemplateText | null {
    const bytes = this.#tried(path, () => this.#files.read(file))
    if (bytes === null) return null
    const text = utf8TextFrom(bytes)
    if (text === null) {
      this.reader.report(path, `expected ${file} to be UTF-8, got other bytes`)
      return null
    }
    this.texts[file] = text
    return { text, file, line: 1 }
  }

  /** A template: written out, or in a file of its own; null when that cannot be read (which is reported). */
  templateAt(path: KeyPath, written: string | { readonly file?: string | undefined }): TemplateText | null {
    if (typeof written === 'string') return this.reader.textAt(path, written)
    return written.file === undefined ? null : this.fileAt([...path, 'file'], written.file)
  }

  /** The absolute path of a file that the campaign names; empty when it lies outside the folder (which is reported). */
  pathAt(path: KeyPath, file: string): string {
    return this.#tried(path, () => this.#files.locate(file)) ?? ''
  }

  #tried<T>(path: KeyPath, action: () => T): T | null {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const { message } of error.problems) this.reader.report(path, message)
      return null
    }
  }
}

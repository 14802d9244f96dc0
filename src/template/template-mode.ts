import type { Payload } from '../campaign/campaign.ts'

/** What a template's text is for; a URL's path and query and a header's value have rules of their own. */
export type TemplatePayload = Payload | 'url' | 'header'

/** How a payload prints: which dialect its escaping is, and whether that is on from the start. */
export interface TemplateMode {
  readonly payload: TemplatePayload
  readonly dialect: 'json' | 'html' | 'xml' | 'url'
  readonly isEscaping: boolean
  /** Texts written in the template are safe: true of JSON and URLs, not of HTML, where Jinja2 escapes them too. */
  readonly areLiteralsSafe: boolean
}

export function modeFor(payload: TemplatePayload, jsonEscape: 'auto' | 'off'): TemplateMode {
  switch (payload) {
    case 'json':
    case 'form': {
      const isAuto = jsonEscape === 'auto' || payload === 'form'
      return { payload, dialect: 'json', isEscaping: isAuto, areLiteralsSafe: isAuto }
    }
    case 'xml':
      return { payload, dialect: 'xml', isEscaping: true, areLiteralsSafe: false }
    case 'url':
      return { payload, dialect: 'url', isEscaping: true, areLiteralsSafe: true }
    case 'text':
    case 'header':
      return { payload, dialect: 'html', isEscaping: false, areLiteralsSafe: false }
  }
}

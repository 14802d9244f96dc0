import type { Context } from 'hono'
import { readAll } from '../../api/api.ts'
import { ApiError } from '../../errors.ts'
import { html, type Markup, type Part } from '../../report/report.ts'
import { words } from '../words.ts'

/** What a page is made of; the frame puts the rest around it. */
export interface PageContent<Place> {
  readonly title: string
  readonly place: Place | null
  readonly content: Part
  /** Where changes of its parts are told, while there are any. */
  readonly live?: string | null
  readonly status?: 200 | 404 | 422
}

/** What a browser asks of a page: the path, the query, and the form that it has sent. */
export class PageRequest {
  readonly context: Context
  /** What the form has, where one was sent. */
  readonly form: URLSearchParams
  /** What forms of ours prove themselves with. */
  readonly formToken: string

  constructor(context: Context, form: URLSearchParams, formToken: string) {
    this.context = context
    this.form = form
    this.formToken = formToken
  }

  /** Part of the path. */
  param(name: string): string {
    return this.context.req.param(name) ?? ''
  }

  /** Of the query; null when it is not there, or empty. */
  query(name: string): string | null {
    const value = this.context.req.query(name)
    return value === undefined || value === '' ? null : value
  }

  /** Of the form; null when it is not there, or empty. */
  field(name: string): string | null {
    const value = this.form.get(name)?.trim()
    return value === undefined || value === '' ? null : value
  }

  /** A form that changes something: it proves that it is one of ours. */
  post(action: string, content: Part, kind = ''): Markup {
    return html`<form method="post" action="${action}" class="${kind}">
      <input type="hidden" name="form_token" value="${this.formToken}" />${content}
    </form>`
  }
}

/** Leads a browser on after a form: what it then reads can be read again. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { Location: path } })
}

const FORM = 'application/x-www-form-urlencoded'

/** @throws {ApiError} HOOKCAST_API_REQUEST, 415 */
export async function readForm(context: Context): Promise<URLSearchParams> {
  const [type = ''] = (context.req.header('Content-Type') ?? '').split(';')
  if (type.trim().toLowerCase() !== FORM) {
    throw new ApiError('HOOKCAST_API_REQUEST', words.errors.media, { status: 415 })
  }
  return new URLSearchParams((await readAll(context)).toString())
}

import type { Campaign, TemplateText } from '../campaign/campaign.ts'
import { TemplateError, type Problem } from '../errors.ts'
import { compileTemplate, type CompileOptions, type TemplatePayload } from '../template/template.ts'

/** Compiles every template as a sender will, and gathers what does not. */
export function templateProblems(campaign: Campaign): Problem[] {
  return templatesOf(campaign).flatMap(({ template, payload }) => problemOf(campaign, template, payload) ?? [])
}

/** A template with what it is for. */
export interface TemplateUse {
  readonly template: TemplateText
  readonly payload: TemplatePayload
  /** False of what is rendered after the answer. */
  readonly isOfRequest: boolean
}

export function templatesOf({ webhook }: Campaign): TemplateUse[] {
  const body = webhook.method === 'GET' ? null : webhook.body
  return [
    { template: webhook.path, payload: 'url', isOfRequest: true },
    ...webhook.headers.flatMap((header): TemplateUse[] =>
      header.kind === 'template' ? [{ template: header.value, payload: 'header', isOfRequest: true }] : [],
    ),
    ...(body === null ? [] : [{ template: body, payload: webhook.payload, isOfRequest: true }]),
    ...Object.values(webhook.eventProperties).map((template): TemplateUse => ({
      template,
      payload: 'text',
      isOfRequest: false,
    })),
  ]
}

function problemOf(campaign: Campaign, template: TemplateText, payload: TemplatePayload): Problem | null {
  try {
    compileTemplate(template.text, { ...compileOptions(campaign, { template, payload }), areBranchesChecked: true })
    return null
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { file, line, column, message } = error
    return { file, line, column, message }
  }
}

/** How a sender compiles it. */
export function compileOptions(
  { webhook, isLegacyLoopScope, timezone }: Campaign,
  { template, payload }: Pick<TemplateUse, 'template' | 'payload'>,
): CompileOptions {
  return {
    payload,
    name: template.file,
    line: template.line,
    jsonEscape: webhook.jsonEscape,
    isLegacyLoopScope,
    timezone,
  }
}

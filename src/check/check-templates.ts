import type { BatchRules, Campaign, Payload, TemplateText } from '../campaign/campaign.ts'
import { TemplateError, type Problem } from '../errors.ts'
import {
  compileTemplate,
  MAX_ROOT_OUTPUT_BYTES,
  type CompileOptions,
  type TemplatePayload,
} from '../template/template.ts'

/** Compiles every template as a sender will, and gathers what does not. */
export function templateProblems(campaign: Campaign): Problem[] {
  return templatesOf(campaign).flatMap((use) => problemOf(campaign, use) ?? [])
}

/** A template with what it is for. */
export interface TemplateUse {
  readonly template: TemplateText
  readonly payload: TemplatePayload
  /** False of what is rendered after the answer. */
  readonly isOfRequest: boolean
  readonly more?: Pick<CompileOptions, 'isFragment' | 'maxOutputBytes'>
}

export function templatesOf({ webhook }: Campaign): TemplateUse[] {
  const body = webhook.method === 'GET' ? null : webhook.body
  return [
    { template: webhook.path, payload: 'url', isOfRequest: true },
    ...webhook.headers.flatMap((header): TemplateUse[] =>
      header.kind === 'template' ? [{ template: header.value, payload: 'header', isOfRequest: true }] : [],
    ),
    ...(body === null ? [] : [{ template: body, payload: webhook.payload, isOfRequest: true }]),
    ...(webhook.batch === null ? [] : batchTemplates(webhook.batch, webhook.payload)),
    ...Object.values(webhook.eventProperties).map((template): TemplateUse => ({
      template,
      payload: 'text',
      isOfRequest: false,
    })),
  ]
}

function batchTemplates({ root, customer }: BatchRules, payload: Payload): TemplateUse[] {
  return [
    { template: root, payload, isOfRequest: true, more: { maxOutputBytes: MAX_ROOT_OUTPUT_BYTES } },
    { template: customer, payload, isOfRequest: true, more: { isFragment: true } },
  ]
}

function problemOf(campaign: Campaign, use: TemplateUse): Problem | null {
  try {
    compileTemplate(use.template.text, { ...compileOptions(campaign, use), areBranchesChecked: true })
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
  { template, payload, more }: TemplateUse,
): CompileOptions {
  return {
    ...more,
    payload,
    name: template.file,
    line: template.line,
    places: template.places,
    jsonEscape: webhook.jsonEscape,
    isLegacyLoopScope,
    timezone,
  }
}

/** What a program may import from `hookcast`. */
export { compileTemplate, SuppressedByTemplate } from './template/template.ts'
export { TemplateError } from './errors.ts'

import type { Context } from 'hono'
import { mayReadPersonalData, type Actor } from '../access/access.ts'
import { ApiError } from '../errors.ts'
import type { Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { checked, readBody, readParams } from './read-request.ts'
import { authorize } from './serve-operation.ts'
import type { ApiServices } from './services.ts'
import type { Upload } from './uploads.ts'

type AnyOperation = (typeof OPERATIONS)[number]
export type OperationId = AnyOperation['id']
type TypesOf<Id extends OperationId> = NonNullable<Extract<AnyOperation, { readonly id: Id }>['types']>

/** What an operation is called with: as a request has it, before defaults. */
export type Asked<Id extends OperationId> = Partial<Pick<TypesOf<Id>, 'params' | 'query' | 'body'>>
export type AnswerOf<Id extends OperationId> = TypesOf<Id>['answer']

/** Who calls, and on what. */
export interface Caller {
  readonly actor: Actor
  readonly services: ApiServices
  readonly context: Context
}

/**
 * Does what an operation does for a room beside the API: with the same checks, roles and audit as over HTTP.
 *
 * @throws {ApiError} HOOKCAST_API_DENIED, HOOKCAST_API_REQUEST, and what the operation throws.
 */
export async function perform<Id extends OperationId>(id: Id, asked: Asked<Id>, caller: Caller): Promise<AnswerOf<Id>> {
  return await performWith(id, asked, { caller, upload: null })
}

/**
 * The same with a file, which is the body of the request.
 *
 * @throws {ApiError} HOOKCAST_API_DENIED, before anything of it is read.
 */
export async function performUpload<Id extends OperationId>(
  id: Id,
  asked: Asked<Id>,
  caller: Caller,
): Promise<AnswerOf<Id>> {
  const { actor, services, context } = caller
  const operation = operationOf(id)
  authorize(operation, actor)
  const { upload } = await readBody(operation, context, services)
  if (upload === null) {
    const message = `expected a file of ${Object.keys(operation.uploads ?? {}).join(', ')}, got none`
    throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 415 })
  }
  try {
    return await performWith(id, asked, { caller, upload })
  } finally {
    services.uploads.drop(upload)
  }
}

async function performWith<Id extends OperationId>(
  id: Id,
  { params = {}, query = {}, body }: Asked<Id>,
  { caller, upload }: { readonly caller: Caller; readonly upload: Upload | null },
): Promise<AnswerOf<Id>> {
  const operation = operationOf(id)
  authorize(operation, caller.actor)
  const taken = {
    params: readParams(operation, caller.context, params),
    query: checked(operation.query, query, 'query'),
    body: operation.body === null ? undefined : checked(operation.body, body ?? {}, 'body'),
    upload,
    ...caller,
  }
  // The operation's own schemas have made these, which its type says where it is defined.
  return (await operation.handle(taken as never)) as AnswerOf<Id>
}

/** Whether somebody's role lets them: what is not to be done need not be shown. */
export function mayPerform(id: OperationId, actor: Actor): boolean {
  const { roles, isPersonal } = operationOf(id)
  return roles.includes(actor.role) && (isPersonal !== true || mayReadPersonalData(actor))
}

function operationOf(id: OperationId): Operation {
  const operations: readonly Operation[] = OPERATIONS
  return operations.find((operation) => operation.id === id)!
}

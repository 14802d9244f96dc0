import { checkHeader, checkPath, type Call, type CallClient, type CallResult } from '../request/request.ts'

const RESULT: CallResult = {
  answer: { kind: 'answered', httpStatus: 200, contentType: '', retryAfter: null, body: '', isTruncated: false },
  headers: {},
  latencyMs: 0,
  hadInstantRetry: false,
  wasReusedConnection: false,
}

/** Stands where the client stands and makes no connection: each call that could be made is answered at once. */
export class RehearsalClient implements Pick<CallClient, 'call'> {
  /** @throws {RangeError} when the request could not be sent, as the client would. */
  call({ path, headers }: Call, onResult: (result: CallResult) => void): void {
    let refusal = checkPath(path)
    for (let at = 0; refusal === null && at < headers.length; at += 2) {
      refusal = checkHeader(headers[at]!, headers[at + 1]!)
    }
    if (refusal !== null) throw new RangeError(refusal)
    onResult(RESULT)
  }
}

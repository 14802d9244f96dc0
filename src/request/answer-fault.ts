/** What is wrong with an answer itself, in words; the connection is of no use after it. */
export class AnswerFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AnswerFault'
  }
}

export function notHttp(reason: string): AnswerFault {
  return new AnswerFault(`Answer is not HTTP/1.1 (${reason})`)
}

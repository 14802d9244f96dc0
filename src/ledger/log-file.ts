import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './run-folder.ts'

/**
 * The log (`-wal`) of a SQLite file that this process has open, to be synced apart from SQLite.
 *
 * Its own sync is a full `fsync`, as Node builds it, and waits for the file system's journal each time, because the
 * file's time has changed; `fdatasync` of a log that is written over waits for the data alone.
 * @see https://sqlite.org/wal.html#ckpt, https://sqlite.org/compile.html#have_fdatasync
 */
export class LogFile {
  readonly #fd: number
  #beside = 0
  #isClosed = false

  private constructor(fd: number) {
    this.#fd = fd
  }

  /** The log is there once the file was read; it and its name are on the disk when this returns. */
  static of(path: string): LogFile {
    const fd = openSync(`${path}-wal`, 'r+')
    fsyncSync(fd)
    syncFolder(dirname(path))
    return new LogFile(fd)
  }

  sync(): void {
    fdatasyncSync(this.#fd)
  }

  /** The same, while others go on. */
  syncBeside(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#beside++
    fdatasync(this.#fd, (error) => {
      this.#beside--
      this.#closeOnceIdle()
      if (error === null) resolve()
      else reject(error)
    })
    return promise
  }

  close(): void {
    this.#isClosed = true
    this.#closeOnceIdle()
  }

  /** The number of a file that is closed goes to the next one that is opened. */
  #closeOnceIdle(): void {
    if (this.#isClosed && this.#beside === 0) closeSync(this.#fd)
  }
}

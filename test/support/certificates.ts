import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  readonly key: string
  readonly cert: string
}

export interface Authority {
  readonly ca: string
  readonly caKey: string
  /** `names` as in a subjectAltName, `subject` a common name; dates as `20400101000000Z`. */
  issue(options?: {
    readonly names?: string
    readonly subject?: string
    readonly from?: string
    readonly until?: string
  }): Pair
}

const CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`

/** Makes certificates with openssl in a folder of its own; `remove` deletes it. */
export function createAuthority(name: string): Authority & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'))
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(join(folder, 'ca.cnf'), CONFIG)
  writeFileSync(join(folder, 'index.txt'), '')
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', `/CN=${name}`, '-days', '30')
  let count = 0
  return {
    ca: read('ca.pem'),
    caKey: read('ca.key'),
    issue({
      names = 'IP:127.0.0.1,DNS:localhost',
      subject = 'leaf',
      from = '20200101000000Z',
      until = '20491231000000Z',
    } = {}) {
      const file = `leaf-${count++}`
      const extension = ['-addext', `subjectAltName=${names}`]
      openssl(
        'req',
        ...newKey,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
        '-subj',
        `/CN=${subject}`,
        ...extension,
      )
      const dates = ['-startdate', from, '-enddate', until]
      const signing = ['-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-notext']
      openssl('ca', '-batch', ...signing, ...dates, '-in', `${file}.csr`, '-out', `${file}.pem`)
      return { key: read(`${file}.key`), cert: read(`${file}.pem`) }
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/**
 * examples/https-page with a real browser: Chromium presents a client certificate from its NSS database.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, has, makeFolder, OpensslCa, start, type Issued, type Program } from '../node/programs.ts'
import { later } from '../node/support.ts'
import { chromium, hasCertutil, startChromium, type Page } from './chromium.ts'

const ready = chromium !== undefined && hasCertutil && has('openssl', 'version')
if (!ready) console.warn('skipped: chromium, certutil or openssl is not on this machine')

const example = fileURLToPath(new URL('../../examples/https-page/server.mjs', import.meta.url))
/** Where to keep what the browser shows, for docs/: only when asked to. */
const keep = process.env['KEEP_SCREENSHOT']
const folder = makeFolder()

describe.skipIf(!ready)('the page in chromium, with certutil', () => {
  let ca: OpensslCa
  let other: OpensslCa
  let server: Issued
  beforeAll(() => {
    ca = new OpensslCa(folder.path, 'bank')
    other = new OpensslCa(folder.path, 'elsewhere')
    server = ca.issue('localhost', ['basicConstraints = CA:FALSE', 'extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost'])
  })
  afterAll(() => folder.remove())

  let count = 0
  const issue = (issuer: OpensslCa, name: string): Issued => issuer.issue(`client-${++count}`, [
    'basicConstraints = CA:FALSE', 'keyUsage = digitalSignature', 'extendedKeyUsage = clientAuth', `subjectAltName = URI:spiffe://bank.example/people/${name}`,
  ])

  async function serve(): Promise<{ origin: string, program: Program, publish(): void }> {
    const lists = join(folder.path, 'lists.pem')
    const publish = (): void => {
      ca.crl()
      writeFileSync(lists, readFileSync(join(ca.folder, 'list.pem')))
    }
    publish()
    const port = await freePort()
    const program = start('env', [
      `ROOTS=${ca.pem}`, `SERVER_CERT=${server.pem}`, `SERVER_KEY=${server.key}`, `CRLS=${lists}`, `PORT=${port}`, process.execPath, example,
    ])
    later(() => void program.stop())
    await program.until(/https:\/\/localhost/)
    return { origin: `https://localhost:${port}`, program, publish }
  }

  async function browse(client: Issued, origin: string): Promise<Page> {
    const browser = await startChromium(readFileSync(ca.pem, 'utf8'), { cert: readFileSync(client.pem, 'utf8'), key: readFileSync(client.key, 'utf8') }, origin)
    later(() => void browser.stop())
    return browser.page
  }

  const heading = "document.querySelector('#decision')?.textContent ?? ''"

  it('accepts, and refuses after revocation on the connection that was kept', async () => {
    const client = issue(ca, 'ada')
    const { origin, program, publish } = await serve()
    const page = await browse(client, origin)
    expect(await page.open(`${origin}/`)).toBeUndefined()
    expect(await page.evaluate(heading)).toBe('Accepted')
    expect(await page.evaluate('document.body.innerText')).toMatch(/spiffe:\/\/bank\.example\/people\/ada[\s\S]*allow payments: matched/)
    if (keep !== undefined) writeFileSync(keep, await page.screenshot(820, 620))
    // Over the same connection: accepted as long as the certificate is good.
    const again = "fetch('/').then((response) => response.text(), (error) => String(error))"
    expect(await page.evaluate(again)).toContain(String(await page.evaluate("document.querySelector('#since').textContent")))
    ca.revoke(client)
    publish()
    expect(await page.evaluate(again)).toMatch(/Failed to fetch/)
    await program.until(/refused: [\s\S]*revocation\/revoked/)
  })

  it('shows whom the policy refuses, why', async () => {
    const { origin } = await serve()
    const page = await browse(issue(ca, 'guest'), origin)
    expect(await page.open(`${origin}/`)).toBeUndefined()
    expect(await page.evaluate(heading)).toBe('Refused')
    expect(await page.evaluate('document.body.innerText')).toMatch(/policy\/denied-by-rule, rule no-guests[\s\S]*deny no-guests: matched/)
    expect(await page.evaluate("fetch('/').then((response) => response.status)")).toBe(403)
  })

  it('shows no page to a certificate of another authority, nor without one', async () => {
    const { origin, program } = await serve()
    // The server names its authority, so a browser offers none of another.
    const page = await browse(issue(other, 'ada'), origin)
    expect(await page.open(`${origin}/`)).toMatch(/net::ERR_/)
    await program.until(/node\/no-peer-certificate/)
    expect(await page.evaluate(heading)).toBe('')
  })

  it('has its picture in docs', () => expect(existsSync(fileURLToPath(new URL('../../docs/https-page.png', import.meta.url)))).toBe(true))
})

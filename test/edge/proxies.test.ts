/** Real proxies in front of handlers of the kit: certificates of two CAs with intermediates, on the proxy's word and verified here. */
import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier } from 'countersign'
import { certificateFields, verifiedClient, withNodeMutualAuth, type EdgeRefusal, type MutualAuth } from 'countersign/edge'
import { parsePolicy } from 'countersign/policy'
import { OpensslCa, freePorts, has, makeFolder, type Issued, type Program } from '../node/programs.ts'
import { isHere, proxies, secret, type Door } from './proxies.ts'

const openssl = has('openssl', 'version')
const client = (id: string): string[] => ['extendedKeyUsage = clientAuth', `subjectAltName = URI:${id}`]
const good = 'spiffe://bank.example/ns/pay/app'
const policy = parsePolicy({
  version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], proxies: ['front'],
  rules: [{ id: 'bank', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/**' } } }],
})

interface Answer {
  readonly status: number
  /** What the handler saw, or nothing. */
  readonly body: { readonly who?: string; readonly leaf?: string; readonly headers?: readonly string[] }
}

describe.each(Object.entries(proxies))('behind %s', (name, proxy) => {
  describe.skipIf(!openssl || !isHere(proxy))(`the program ${proxy.program}, with certificates of openssl`, () => {
    const folder = makeFolder()
    const servers: ReturnType<typeof createServer>[] = []
    let program: Program
    let root: OpensslCa
    let ca: OpensslCa
    let clients: Record<'good' | 'second' | 'denied' | 'stranger', Issued & { readonly chain: readonly string[] }>
    let doors: Record<'word' | 'verified' | 'silent', Door>
    let refusals: EdgeRefusal[] = []

    beforeAll(async () => {
      root = new OpensslCa(folder.path, 'root')
      ca = new OpensslCa(folder.path, 'ca', root)
      const second = new OpensslCa(folder.path, 'second', root)
      const other = new OpensslCa(folder.path, 'other')
      const server = root.issue('localhost', ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost'])
      const of = (issuer: OpensslCa, label: string, id: string): Issued & { readonly chain: readonly string[] } => ({ ...issuer.issue(label, client(id)), chain: issuer === other ? [] : [issuer.pem] })
      clients = { good: of(ca, 'good', good), second: of(second, 'second', 'spiffe://bank.example/ns/ops'), denied: of(ca, 'denied', 'spiffe://shop.example/x'), stranger: of(other, 'stranger', good) }
      const intermediates = proxy.chain ? [] : [ca.der, second.der]
      const verifier = createVerifier({ anchors: [root.der], purpose: 'clientAuth', revocation: 'none' })
      const proof = { header: 'x-proxy-secret', secret }
      const onRefused = (refusal: EdgeRefusal): void => { refusals.push(refusal) }
      const word = await backend({ source: proxy.source, trust: { name: 'front', verifiedBy: 'proxy', proof }, policy, certificateFields, onRefused })
      const verified = await backend({ source: proxy.source, trust: { name: 'front', verifiedBy: 'nobody', proof }, policy, verify: verifiedClient(verifier, 'unchecked', { intermediates }), onRefused })
      const [wordPort, verifiedPort, silentPort] = await freePorts(3) as [number, number, number]
      doors = {
        word: { port: wordPort, backend: word, proves: true, verifies: true },
        verified: { port: verifiedPort, backend: verified, proves: true, verifies: false },
        silent: { port: silentPort, backend: verified, proves: false, verifies: false },
      }
      program = await proxy.start({ folder: folder.path, server, anchor: root, doors: Object.values(doors) })
    }, 60_000)
    afterAll(async () => {
      await program?.stop()
      for (const server of servers) server.close()
      folder.remove()
    })

    async function backend(options: Parameters<typeof withNodeMutualAuth<IncomingMessage, ServerResponse>>[1]): Promise<number> {
      const handler = withNodeMutualAuth((request: IncomingMessage, response: ServerResponse, { principal, verdict }: MutualAuth) => {
        response.end(JSON.stringify({ who: principal?.value, leaf: verdict?.path[0]?.fingerprint, headers: Object.keys(request.headers) }))
      }, options)
      const server = createServer((request, response) => void handler(request, response))
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return (server.address() as { port: number }).port
    }

    function ask({ port }: Door, who?: Issued & { readonly chain: readonly string[] }, headers: Record<string, string | string[]> = {}): Promise<Answer> {
      refusals = []
      const credential = who === undefined ? {} : { cert: [who.pem, ...who.chain].map((file) => readFileSync(file, 'utf8')).join(''), key: readFileSync(who.key) }
      return new Promise((resolve, reject) => {
        const request = https.request({ host: '127.0.0.1', port, servername: 'localhost', path: '/x', ca: readFileSync(root.pem), agent: false, headers: { host: 'localhost', ...headers }, ...credential }, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => resolve({ status: response.statusCode!, body: response.statusCode === 200 ? JSON.parse(text) as Answer['body'] : {} }))
        })
        request.on('error', reject).end()
      })
    }

    test('on its word: a good certificate, and each of the others', async () => {
      expect(await ask(doors.word, clients.good)).toMatchObject({ status: 200, body: { who: good } })
      expect(await ask(doors.word, clients.second)).toMatchObject({ status: 200, body: { who: 'spiffe://bank.example/ns/ops' } })
      expect((await ask(doors.word, clients.denied)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/policy-refused', decision: { reason: 'policy/no-rule-allows' } }])
      expect((await ask(doors.word)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/no-certificate' }])
      // Some turn it away at the handshake, some hand it on and say so.
      const stranger = await ask(doors.word, clients.stranger).then(({ status }) => status, () => 'no connection')
      expect(stranger).not.toBe(200)
      if (!proxy.strict && stranger === 403) expect(refusals).toMatchObject([{ code: 'edge/not-verified' }])
    })

    test('handed on unverified: the certificate that the client showed, verified here', async () => {
      const { status, body } = await ask(doors.verified, clients.good)
      expect(status).toBe(200)
      const { parseCertificate } = await import('countersign')
      expect(body).toMatchObject({ who: good, leaf: parseCertificate(clients.good.der).fingerprint })
      expect(await ask(doors.verified, clients.second)).toMatchObject({ status: 200 })
      expect((await ask(doors.verified, clients.stranger)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/verifier-refused', verdict: { code: 'path/no-anchor' } }])
      expect((await ask(doors.verified, clients.denied)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/policy-refused' }])
      expect((await ask(doors.verified)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/no-certificate' }])
    })

    test('the handler sees neither certificate nor secret', async () => {
      const { body } = await ask(doors.verified, clients.good, { 'x-tenant': 'blue' })
      expect(body.headers).toContain('x-tenant')
      for (const hidden of [...proxy.source.headers, 'x-proxy-secret']) expect(body.headers).not.toContain(hidden)
    })

    test('what a client writes into the fields is not believed', async () => {
      const spoofed = await spoof(clients.good)
      for (const headers of [spoofed, Object.fromEntries(Object.entries(spoofed).map(([field, value]) => [field, [value, value]]))]) {
        expect((await ask(doors.word, clients.denied, headers)).status).toBe(403)
        expect((await ask(doors.verified, undefined, headers)).status).toBe(403)
        expect((await ask(doors.verified, clients.stranger, headers)).status).toBe(403)
      }
      // The same past the proxy, which no secret proves.
      for (const headers of [spoofed, { ...spoofed, 'x-proxy-secret': 'x'.repeat(secret.length) }]) {
        expect(await direct(doors.verified.backend, headers)).toBe(403)
        expect(refusals).toMatchObject([{ code: 'edge/untrusted-source' }])
      }
      expect(await direct(doors.verified.backend, { ...spoofed, 'x-proxy-secret': secret })).toBe(200)
    })

    test('under another spelling it reaches the handler of none', async () => {
      const spoofed = await spoof(clients.good)
      const spelt = Object.fromEntries(Object.entries(spoofed).map(([field, value]) => [field.replaceAll('-', '_'), value]))
      expect((await ask(doors.verified, undefined, spelt)).status).not.toBe(200)
      expect(await direct(doors.verified.backend, { ...spelt, 'x-proxy-secret': secret })).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/ambiguous-header' }])
    })

    test('a proxy that lost its secret lets nobody in', async () => {
      expect((await ask(doors.silent, clients.good)).status).toBe(403)
      expect(refusals).toMatchObject([{ code: 'edge/untrusted-source' }])
      expect((await ask(doors.silent, clients.good, { 'x-proxy-secret': 'x'.repeat(secret.length) })).status).toBe(403)
    })

    /** What the proxy would send for a certificate, as its own documentation has it. */
    async function spoof(who: Issued & { readonly chain: readonly string[] }): Promise<Record<string, string>> {
      const { encodePem, encodeBase64 } = await import('countersign/x509')
      const pem = encodePem('CERTIFICATE', who.der)
      const above = who.chain.map((file) => readFileSync(file, 'utf8'))
      switch (name) {
        case 'nginx': return { 'x-client-cert': encodeURIComponent(pem), 'x-client-verify': 'SUCCESS' }
        case 'HAProxy': return { 'x-client-cert': encodeBase64(who.der), 'x-client-verify': '0', 'x-client-chain': encodeBase64(ca.der) }
        case 'Apache': return { 'x-client-cert': pem.trim().replaceAll('\n', ' '), 'x-client-verify': 'SUCCESS', 'x-client-chain-0': above[0]!.trim().replaceAll('\n', ' ') }
        case 'Caddy': return { 'x-client-cert': encodeBase64(who.der) }
        default: return { 'x-forwarded-client-cert': `Cert="${encodeURIComponent(pem)}";Chain="${encodeURIComponent(pem + above.join(''))}";URI=${good}` }
      }
    }

    function direct(port: number, headers: Record<string, string>): Promise<number> {
      refusals = []
      return new Promise((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, path: '/x', agent: false, headers }, (response) => { response.resume().on('end', () => resolve(response.statusCode!)) }).on('error', reject).end()
      })
    }
  })
})

/** What is written for an origin, as HAProxy reads it. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { setClientCertificate } from 'countersign/edge'
import { freePort, makeFolder, start } from '../node/programs.ts'
import { ca, leaf } from '../unit/edge/world.ts'
import { isHere, proxies } from './proxies.ts'

describe.skipIf(!isHere(proxies['HAProxy']!))('the program haproxy', () => {
  const folder = makeFolder()
  afterAll(() => folder.remove())

  test('finds the octets of the certificates that were written', async () => {
    const port = await freePort()
    const file = join(folder.path, 'haproxy.cfg')
    const hash = (field: string): string => `%[req.fhdr(${field}),word(1,:),b64dec,sha2(256),hex]`
    writeFileSync(file, `defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:${port}
  http-request return status 200 hdr x-leaf "${hash('client-cert')}" hdr x-chain "${hash('client-cert-chain')}"
`)
    const program = start('haproxy', ['-f', file, '-db'])
    try {
      const headers = new Headers({ 'client-cert': ':AAAA:' })
      setClientCertificate(headers, leaf, [ca])
      let response: Response | undefined
      let gone = false
      void program.ended.then(() => { gone = true })
      while (response === undefined && !gone) response = await fetch(`http://127.0.0.1:${port}/`, { headers }).catch(() => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50)))
      const sha256 = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex').toUpperCase()
      expect([response?.headers.get('x-leaf'), response?.headers.get('x-chain')], program.output()).toEqual([sha256(leaf), sha256(ca)])
    } finally {
      await program.stop()
    }
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAddress, isPublicAddress, parseNetwork, takeExceptions, takeHosts, type AddressRules } from '../../src/revocation/address-guard.ts'

const plain: AddressRules = { https: false, ports: [80] }
const codeOf = (address: string, rules: AddressRules = plain): string => {
  const answer = checkAddress(address, rules)
  return answer.ok ? 'ok' : answer.details['reason'] === undefined ? answer.code : `${answer.code} ${answer.details['reason']}`
}

describe('checkAddress', () => {
  it.each([
    ['http://crl.example.com/a.crl', 'http://crl.example.com/a.crl'],
    ['http://crl.example.com', 'http://crl.example.com/'],
    ['HTTP://CRL.Example.COM:80/A?b=c', 'http://crl.example.com/A?b=c'],
    ['http://crl.example.com./a', 'http://crl.example.com./a'],
    ['http://8.8.8.8/a', 'http://8.8.8.8/a'],
    ['http://[2606:4700::1111]/a', 'http://[2606:4700::1111]/a'],
    ['http://_crl.example.com/', 'http://_crl.example.com/'],
    ['http://127.0.0.1.example.com/', 'http://127.0.0.1.example.com/'],
  ])('lets %s through', (address, url) => {
    expect(checkAddress(address, plain)).toEqual({ ok: true, url })
  })

  it('sends no fragment', () => {
    expect(checkAddress('http://crl.example.com/a#secret', plain)).toEqual({ ok: true, url: 'http://crl.example.com/a' })
  })

  it.each([
    'http://127.0.0.1/', 'http://127.1/', 'http://0x7f.1/', 'http://0x7f000001/', 'http://2130706433/', 'http://0177.1/',
    'http://017700000001/', 'http://0x7F.0x0.0x0.0x1/', 'http://127.0.0.1./', 'http://0x7f.1./', 'http://%31%32%37.0.0.1/', 'http://0/',
    'http:///127.0.0.1/', 'http:127.0.0.1/', 'http://127.0.0.1:80/', 'http://10.0.0.1/', 'http://100.64.0.1/', 'http://100.127.255.255/',
    'http://169.254.169.254/latest/meta-data/', 'http://0xa9fea9fe/', 'http://172.16.0.1/', 'http://172.31.255.255/', 'http://192.0.0.1/',
    'http://192.0.2.1/', 'http://192.88.99.1/', 'http://192.168.1.1/', 'http://198.18.0.1/', 'http://198.19.255.255/',
    'http://198.51.100.1/', 'http://203.0.113.1/', 'http://224.0.0.1/', 'http://239.255.255.255/', 'http://240.0.0.1/',
    'http://255.255.255.255/', 'http://[::]/', 'http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/', 'http://[::ffff:8.8.8.8]/', 'http://[::127.0.0.1]/', 'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b:1::1]/', 'http://[100::1]/', 'http://[2001::1]/', 'http://[2001:2::1]/', 'http://[2001:20::1]/',
    'http://[2001:db8::1]/', 'http://[2002:7f00:1::]/', 'http://[3fff::1]/', 'http://[5f00::1]/', 'http://[fc00::1]/',
    'http://[fd12:3456::1]/', 'http://[fe80::1]/', 'http://[fec0::1]/', 'http://[ff02::1]/',
  ])('refuses %s: not public, in whatever form', (address) => {
    expect(codeOf(address)).toBe('fetch/blocked-address not-public')
  })

  it.each(['http://localhost/', 'http://LOCALHOST./', 'http://a.localhost/', 'http://intranet/', 'http://intranet./'])(
    'refuses %s: a name that means what the machine makes of it', (address) => {
      expect(codeOf(address)).toBe('fetch/blocked-address local-name')
    })

  it.each([
    ['http://user@crl.example.com/', 'fetch/blocked-address userinfo'],
    ['http://user:secret@crl.example.com/', 'fetch/blocked-address userinfo'],
    ['http://crl.example.com@127.0.0.1/', 'fetch/blocked-address userinfo'],
    ['https://crl.example.com/', 'fetch/blocked-scheme'],
    ['ldap://ldap.example.com/cn=a', 'fetch/blocked-scheme'],
    ['file:///etc/passwd', 'fetch/blocked-scheme'],
    ['data:,a', 'fetch/blocked-scheme'],
    ['javascript:alert(1)', 'fetch/blocked-scheme'],
    ['http://crl.example.com:8080/', 'fetch/blocked-port'],
    ['http://crl.example.com:443/', 'fetch/blocked-port'],
    ['http://crl.example.com:0/', 'fetch/blocked-port'],
    ['http://127.0.0.1:6379/', 'fetch/blocked-port'],
    ['http://crl.example.com:99999/', 'fetch/bad-address syntax'],
    ['http://256.1.1.1/', 'fetch/bad-address syntax'],
    ['http://1.2.3.4.5/', 'fetch/bad-address syntax'],
    ['http://[fe80::1%25eth0]/', 'fetch/bad-address syntax'],
    ['http://[::1/', 'fetch/bad-address syntax'],
    ['http://', 'fetch/bad-address syntax'],
    ['', 'fetch/bad-address not-absolute'],
    ['//crl.example.com/', 'fetch/bad-address not-absolute'],
    ['/etc/passwd', 'fetch/bad-address not-absolute'],
    [' http://crl.example.com/', 'fetch/bad-address characters'],
    ['http://crl.example.com/\r\nHost: a', 'fetch/bad-address characters'],
    ['http://crl.exam\tple.com/', 'fetch/bad-address characters'],
    ['http:\\\\crl.example.com\\', 'fetch/bad-address characters'],
    ['http://127\u30020\u30020\u30021/', 'fetch/bad-address characters'],
    ['http://\uff11\uff12\uff17.0.0.1/', 'fetch/bad-address characters'],
    ['http://a..example.com/', 'fetch/bad-address host'],
    ['http://-a.example.com/', 'fetch/bad-address host'],
    [`http://${'a'.repeat(64)}.example.com/`, 'fetch/bad-address host'],
    [`http://${'a.'.repeat(130)}com/`, 'fetch/bad-address host'],
    [`http://crl.example.com/${'a'.repeat(2048)}`, 'fetch/bad-address too-long'],
  ])('refuses %j with %s', (address, code) => {
    expect(codeOf(address)).toBe(code)
  })

  it('judges an address of IPv4 alike in all its forms', () => {
    const radix = fc.constantFrom<(value: number) => string>(String, (value) => `0x${value.toString(16)}`, (value) => `0X00${value.toString(16).toUpperCase()}`, (value) => `0${value.toString(8)}`)
    const escaped = (text: string): string => [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('')
    fc.assert(fc.property(fc.nat(0xffff_ffff), fc.boolean(), fc.integer({ min: 1, max: 4 }), fc.array(radix, { minLength: 4, maxLength: 4 }), fc.boolean(), fc.boolean(), (random, isLoopback, parts, radixes, hasDot, isEscaped) => {
      const value = isLoopback ? 0x7f00_0000 + (random & 0xff_ffff) : random
      const octets = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
      // The last part stands for all octets that are left (the rules of inet_aton).
      const numbers = [...octets.slice(0, parts - 1), octets.slice(parts - 1).reduce((sum, octet) => sum * 256 + octet, 0)]
      const host = numbers.map((number, i) => radixes[i]!(number)).join('.') + (hasDot ? '.' : '')
      expect(codeOf(`http://${isEscaped ? escaped(host) : host}/`)).toBe(isPublicAddress(octets.join('.')) ? 'ok' : 'fetch/blocked-address not-public')
    }), { numRuns: 2000 })
  })

  it('never throws, and lets no text through that leads to another host than it judged', () => {
    const piece = fc.constantFrom('http:', 'https:', '//', '/', '@', ':', '80', '127.0.0.1', '[::1]', 'a.example', 'localhost', '.', '#', '?', '%2e', '%00', '\\', '\t', 'x', '[', ']', '::ffff:', '0x7f', '1')
    const text = fc.oneof(fc.string(), fc.webUrl(), fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')), fc.array(piece, { maxLength: 10 }).map((pieces) => `http://${pieces.join('')}`))
    fc.assert(fc.property(text, (address) => {
      const answer = checkAddress(address, plain)
      if (!answer.ok) return
      const url = new URL(answer.url)
      expect([url.protocol, url.port, url.username, url.password, url.hash]).toEqual(['http:', '', '', '', ''])
      expect(url.hostname).toMatch(/^(?:[a-z0-9_-]+\.)+[a-z0-9_-]+\.?$|^\[[23]/)
      expect(checkAddress(answer.url, plain)).toEqual(answer)
      if (/^[\d.]+$/.test(url.hostname)) expect(isPublicAddress(url.hostname)).toBe(true)
    }), { numRuns: 5000 })
  })

  it('lets https through where it was asked for', () => {
    const rules = { https: true, ports: [80, 443] }
    expect(codeOf('https://crl.example.com/', rules)).toBe('ok')
    expect(codeOf('https://crl.example.com:8443/', rules)).toBe('fetch/blocked-port')
    expect(codeOf('https://127.1/', rules)).toBe('fetch/blocked-address not-public')
  })

  it('knows no host but those listed', () => {
    const rules = { ...plain, allowedHosts: takeHosts(['crl.example.com', '.ca.example', '127.0.0.1', 'pki', '::1']) }
    const allowed = ['http://crl.example.com/', 'http://CRL.example.com./', 'http://a.ca.example/', 'http://a.b.ca.example/', 'http://127.1/', 'http://pki/', 'http://[::1]/']
    const others = ['http://example.com/', 'http://a.crl.example.com/', 'http://ca.example/', 'http://xca.example/', 'http://127.0.0.2/', 'http://8.8.8.8/', 'http://localhost/']
    for (const address of allowed) expect(codeOf(address, rules), address).toBe('ok')
    for (const address of others) expect(codeOf(address, rules), address).toBe('fetch/blocked-address host-not-allowed')
    expect(codeOf('http://crl.example.com:81/', rules)).toBe('fetch/blocked-port')
    expect(codeOf('http://crl.example.com/', { ...plain, allowedHosts: [] })).toBe('fetch/blocked-address host-not-allowed')
  })

  it('makes the exceptions of a guard, and no others', () => {
    const exceptions = takeExceptions([{ network: '127.0.0.0/8', ports: [8080] }, { network: 'fd00::/8', ports: 'any' }])
    const rules = { ...plain, guard: { ports: [80], exceptions } }
    expect(codeOf('http://127.0.0.1:8080/', rules)).toBe('ok')
    expect(codeOf('http://127.0.0.1/', rules)).toBe('fetch/blocked-address not-public')
    expect(codeOf('http://127.0.0.1:8081/', rules)).toBe('fetch/blocked-port')
    expect(codeOf('http://[::ffff:127.0.0.1]:8080/', rules)).toBe('fetch/blocked-port')
    expect(codeOf('http://8.8.8.8:8080/', rules)).toBe('fetch/blocked-port')
    expect(codeOf('http://[fd12::1]:9/', rules)).toBe('ok')
    expect(codeOf('http://[fe80::1]:9/', rules)).toBe('fetch/blocked-port')
    // Left to whoever resolves it.
    expect(codeOf('http://localhost:8080/', rules)).toBe('ok')
    // A host on a list is still asked of the guard.
    expect(codeOf('http://10.0.0.1/', { ...rules, allowedHosts: ['10.0.0.1'] })).toBe('fetch/blocked-address not-public')
  })
})

describe('isPublicAddress', () => {
  it('draws the edges of blocks where they are', () => {
    const pairs = [['9.255.255.255', '10.0.0.0'], ['100.63.255.255', '100.64.0.0'], ['172.15.255.255', '172.16.0.0'], ['172.32.0.0', '172.31.255.255'],
      ['223.255.255.255', '224.0.0.0'], ['198.17.255.255', '198.18.0.0'], ['192.0.1.0', '192.0.0.255'], ['1.0.0.0', '0.255.255.255'], ['168.63.129.15', '168.63.129.16'],
      ['2001:200::', '2001:1ff:ffff::'], ['3ffe::1', '3fff:fff::1'], ['3fff:1000::', '3fff::'], ['2003::', '2002::'], ['2000::', '1fff:ffff::']]
    for (const [open, closed] of pairs) expect([open, isPublicAddress(open!), closed, isPublicAddress(closed!)]).toEqual([open, true, closed, false])
  })

  it('takes no other text', () => {
    for (const text of ['', 'example.com', '8.8.8', '08.8.8.8', '8.8.8.8 ', '2606:4700::1111%eth0', '[2606:4700::1111]']) expect(isPublicAddress(text)).toBe(false)
  })
})

describe('options', () => {
  it('reads blocks', () => {
    expect(parseNetwork('10.0.0.0/8')?.bits).toBe(8)
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '::/129', 'a/8', '10.0.0.0/-1', '10.0.0.0/8/8']) expect(parseNetwork(text), text).toBeUndefined()
    expect(parseNetwork('::/128')?.bits).toBe(128)
  })

  it('refuses what means nothing', () => {
    for (const host of ['', '.', 'http://a.example', 'a.example:80', 'a/b', 'a@b', '*.example.com', '..example.com', 7]) {
      expect(() => takeHosts([host as string]), String(host)).toThrow(TypeError)
    }
    expect(takeHosts(['A.Example.', '.B.example', '[::1]', '0x7f.1'])).toEqual(['a.example', '.b.example', '::1', '127.0.0.1'])
    for (const entry of [{ network: '10.0.0.0', ports: 'any' }, { network: '10.0.0.0/8', ports: [] }, { network: '10.0.0.0/8', ports: [0] }, { network: '10.0.0.0/8' }]) {
      expect(() => takeExceptions([entry as never]), JSON.stringify(entry)).toThrow(TypeError)
    }
  })
})

/** Policies on the command line. */
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { encodePem } from '../../src/x509/index.ts'
import { allow, anybody, deny, leafWith, root } from '../unit/policy/world.ts'
import { countersign, makeFolder, memoryIo } from './world.ts'

const folder = makeFolder()
afterAll(() => folder.remove())

const policy = (name: string, ...rules: readonly object[]): string =>
  folder.write(name, JSON.stringify({ version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], rules }))
const good = policy('good.json', allow({ 'san.uri': { spiffe: 'spiffe://bank.example/**' } }, { to: { methods: ['POST'], paths: ['/payments/*'], hosts: ['*.bank.example'] } }))
const doubtful = policy('doubtful.json', allow(anybody))
const denying = policy('denying.json', allow({ 'san.uri': { spiffe: 'spiffe://bank.example/**' } }), deny({ 'key.type': { exact: 'ec' } }))
const broken = folder.write('broken.json', JSON.stringify({ version: 1, identity: 'none', rules: [{ ...allow({ 'san.url': { exact: 'x' } }), when2: 1 }] }))
const leaf = folder.write('leaf.pem', encodePem('CERTIFICATE', leafWith()))
const anchors = folder.write('root.pem', encodePem('CERTIFICATE', root))
const usual = ['verify', leaf, '--anchors', anchors, '--purpose', 'clientAuth', '--any-name', '--at', '2026-06-15T12:00:00Z']

async function quick(...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> {
  const io = memoryIo()
  const code = await run(args, io)
  return { code, stdout: io.out(), stderr: io.err() }
}

describe('countersign policy', () => {
  test('0 where there is nothing to report, 1 where there is', async () => {
    expect(await countersign(['policy', good])).toEqual({ code: 0, stdout: 'nothing to report\n', stderr: '' })
    expect(await quick('policy', doubtful)).toEqual({ code: 1, stdout: 'policy/matches-every-certificate at /rules/0: every accepted certificate meets the rule\n', stderr: '' })
    expect(JSON.parse((await quick('policy', doubtful, '--json')).stdout)).toMatchObject([{ code: 'policy/matches-every-certificate', place: '/rules/0', rule: 'allow' }])
  })

  test('2 where the document is malformed, each problem on a line', async () => {
    const { code, stdout, stderr } = await quick('policy', broken)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/broken\.json: policy\/unknown-member at \/rules\/0\/when2: expected one of id, effect, when, .*\n {2}policy\/unknown-field at \/rules\/0\/when\/san\.url: /)
    expect(await quick('policy', folder.write('not.json', '{'))).toMatchObject({ code: 2, stderr: expect.stringMatching(/policy\/not-a-policy at the top/) as string })
    expect(await quick('policy', folder.write('latin1.json', Uint8Array.of(0x22, 0xff, 0x22)))).toMatchObject({ code: 2, stderr: expect.stringMatching(/not UTF-8/) as string })
    expect(await quick('policy')).toMatchObject({ code: 2, stderr: expect.stringMatching(/no FILE/) as string })
    expect(await quick('policy', good, good)).toMatchObject({ code: 2, stderr: expect.stringMatching(/one policy/) as string })
  })
})

describe('countersign verify --policy', () => {
  test('0 where it allows, with the trace', async () => {
    const { code, stdout } = await countersign([...usual, '--policy', good, '--request', 'POST https://api.bank.example:8443/payments/7?x=1'])
    expect(stdout).toMatch(/^ACCEPTED {2}for clientAuth\n[\s\S]*\nallowed: a rule allows it \(policy\/allowed, rule allow\)\n {2}principal: spiffe spiffe:\/\/bank\.example\/ns\/pay\/app \(from san\.uri\)\n/)
    expect(code).toBe(0)
  })
  test.each([
    ['another path', ['--policy', good, '--request', 'POST https://api.bank.example/other'], /denied: no rule allows it/],
    ['a path that is not in normal form', ['--policy', good, '--request', 'POST https://api.bank.example/payments/../x'], /policy\/path-not-normal/],
    ['no host', ['--policy', good, '--request', 'POST /payments/7'], /request\.host dns \["\*\.bank\.example"\]: no, found \(missing\)/],
    ['no request', ['--policy', good], /denied: no rule allows it/],
    ['a deny rule', ['--policy', denying], /denied: a rule denies it \(policy\/denied-by-rule, rule deny\)/],
  ])('1 where it does not: %s', async (_, more, text) => {
    const { code, stdout } = await quick(...usual, ...more)
    expect(stdout).toMatch(text)
    expect(code).toBe(1)
  })
  test('the policy is not asked about a certificate that is refused', async () => {
    const { code, stdout } = await quick(...usual.map((one) => (one === 'clientAuth' ? 'serverAuth' : one)), '--policy', doubtful)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^REFUSED/)
    expect(stdout).not.toMatch(/allowed/)
  })
  test('as JSON', async () => {
    const { stdout } = await quick(...usual, '--policy', denying, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, decision: { decision: 'deny', reason: 'policy/denied-by-rule', rule: 'deny', trace: { rules: [{ id: 'allow' }, { id: 'deny' }] } } })
  })
  test('2 for a mistake in the options', async () => {
    for (const [args, message] of [
      [['--request', 'GET /x'], /--request: only together with --policy/], [['--policy', good, '--request', '/x'], /expected a method and a URL or path/],
      [['--policy', good, '--request', 'GET https://api.bank.example\\.other/payments/7'], /expected a method and a URL or path/],
      [['--policy', broken], /broken\.json: policy\//], [['--policy', folder.path], /--policy .*: cannot be read/],
    ] as const) expect(await quick(...usual, ...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) as string })
  })
})

/**
 * The same rules for every engine: service i may GET below /svc<i>/ if its URI is below spiffe://bank.example/ns/svc<i>/, and nobody
 * with an RSA key below 3072 bits may do anything. Requests are for the last rule, so that no order of rules helps, and take
 * turns in what they ask, so that no answer can be kept.
 */
export interface Asked {
  readonly uri: string
  readonly path: string
  readonly method: string
  readonly keyType: string
  readonly rsaBits: number
}

/** Two that are allowed, one with the path of another service, one with a weak key. */
export function askedOf(rules: number): readonly { readonly asked: Asked; readonly allowed: boolean }[] {
  const last = rules - 1
  const good: Asked = { uri: `spiffe://bank.example/ns/svc${last}/app`, path: `/svc${last}/x`, method: 'GET', keyType: 'rsa', rsaBits: 4096 }
  return [
    { asked: good, allowed: true },
    { asked: { ...good, path: '/svc0/x' }, allowed: false },
    { asked: { ...good, uri: `spiffe://bank.example/ns/svc${last}/other`, path: `/svc${last}/y` }, allowed: true },
    { asked: { ...good, rsaBits: 2048 }, allowed: false },
  ]
}

export function countersignPolicy(rules: number): unknown {
  return {
    version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], proxies: ['bench'],
    rules: [
      { id: 'weak', effect: 'deny', when: { allOf: [{ 'key.type': { exact: 'rsa' } }, { 'key.rsaBits': { lt: 3072 } }] } },
      ...Array.from({ length: rules }, (_, i) => ({
        id: `svc${i}`, effect: 'allow', when: { 'san.uri': { prefix: `spiffe://bank.example/ns/svc${i}/` } }, to: { methods: ['GET'], paths: [`/svc${i}/*`] },
      })),
    ],
  }
}

export function cedarPolicy(rules: number): string {
  return `forbid(principal, action, resource) when { context.keyType == "rsa" && context.rsaBits < 3072 };
${Array.from({ length: rules }, (_, i) =>
    `permit(principal, action == Action::"GET", resource) when { context.uri like "spiffe://bank.example/ns/svc${i}/*" && context.path like "/svc${i}/*" };`).join('\n')}`
}

export const casbinModel: string = `
[request_definition]
r = uri, path, method, keyType, rsaBits
[policy_definition]
p = uri, path, method
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = keyMatch(r.uri, p.uri) && keyMatch(r.path, p.path) && r.method == p.method && !(r.keyType == "rsa" && r.rsaBits < 3072)
`

export function casbinPolicies(rules: number): string[][] {
  return Array.from({ length: rules }, (_, i) => [`spiffe://bank.example/ns/svc${i}/*`, `/svc${i}/*`, 'GET'])
}

export function regoPolicy(rules: number): string {
  return `package bench
import rego.v1
default allow := false
weak if { input.keyType == "rsa"; input.rsaBits < 3072 }
allow if { not weak; granted }
${Array.from({ length: rules }, (_, i) =>
    `granted if { startswith(input.uri, "spiffe://bank.example/ns/svc${i}/"); startswith(input.path, "/svc${i}/"); input.method == "GET" }`).join('\n')}
`
}

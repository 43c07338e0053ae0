// Mutants of the adapters of Node, Deno and Bun: one decision of it broken at a time in the built package, in a copy, on which the tests that
// should notice are run. `node scripts/adapter-mutants.mjs [WORD]` runs those alone whose name has the word in it.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failureOf, inCopy, whileBroken } from './mutant-copy.mjs'

/** What is broken, in which file (from dist/node on), how, and which tests (from test/node on) are to notice. */
const mutants = [
  ['a verdict ignored', 'judge', 'if (verdict.ok !== true)', 'if (false)', 'handshake'],
  ['a connection shown before its verdict', 'gate', "if (event === 'secureConnection')", 'if (false)', 'handshake'],
  ['a deny ignored', 'decide', 'throw deniedBy(decision, who);', 'return decision;', 'policy'],
  ['a deny ignored on a resumed session', 'judge', 'const decision = decideOnPeer(', 'const decision = socket.isSessionReused() ? undefined : decideOnPeer(', 'policy'],
  ['a resumed session believed', 'session-store', 'this.#accepted.get(key);', 'this.#accepted.get(key) ?? [...this.#accepted.values()][0];', 'sessions'],
  ['a resumed session believed for another host', 'session-store', '[binding.leafSha256, binding.hostName, binding.policyKey]', '[binding.leafSha256, binding.policyKey]', 'sessions'],
  ['a resumed session believed under another policy', 'session-store', '[binding.leafSha256, binding.hostName, binding.policyKey]', '[binding.leafSha256, binding.hostName]', 'sessions'],
  ['a resumed session believed after its verdict', 'session-store', 'if (Number(this.#clock()) <= acceptance.verdict.validUntil.getTime())', 'if (true)', 'sessions'],
  ['a resumed session believed that was taken back', 'judge', 'settings.sessions?.forget(binding);', '', 'life'],
  ['an ended verdict kept', 'connection', 'if (this.#settings.clock() <= this.verdict.validUntil.getTime())', 'if (true)', 'life'],
  ['an ended decision kept', 'connection', 'now > endOf(this.decision)', 'false', 'policy'],
  ['the channel binding itself handed out', 'channel', 'binding.slice()', 'binding', 'handed-out'],
  ['no later check before a request', 'connection', 'return this.#isDue() ? this.#check() : true;', 'return true;', 'life'],
  ['no later check by the timer', 'connection', 'if (this.#isWatched && this.#isDue())', 'if (false)', 'life'],
  ['no later check while a stream of HTTP/2 goes on', 'connection', 'return this.#watched || this.#streams.size > 0;', 'return this.#watched;', 'life'],
  ['an ended decision on a stream kept', 'connection', 'if (now <= stream.until)', 'if (true)', 'policy'],
  ['a stream that is decided on without its facts', 'requests', 'rule(connection, facts ?? {})', "rule(connection, { request: facts.request })", 'policy'],
  ['a stream left open that is denied', 'requests', 'endStream(stream);', '', 'policy'],
  ['an upload not decided on again', 'requests', '!isTunnel && stream.endAfterHeaders === true', '!isTunnel', 'policy'],
  ['an answer interrupted whose request was read', 'requests', "stream.once('end', done);", ';', 'policy'],
  ['no later check of what a request has taken over', 'connection', 'this.#watched = true;', '', 'life'],
  ['a later refusal ignored', 'connection', 'return this.#end(error);\n        }\n        if (!(outcome instanceof Promise))', 'return true;\n        }\n        if (!(outcome instanceof Promise))', 'life'],
  ['a later refusal ignored, asynchronous', 'connection', '(error) => this.#end(error)', '() => true', 'life'],
  ['a request not decided', 'request-decision', "decision.decision === 'allow'", 'true', 'policy'],
  ['a request of HTTP/2 not decided', 'requests', "if (event !== 'stream')", 'if (true)', 'policy'],
  ['an upgrade not decided', 'requests', "case 'upgrade':", '', 'policy'],
  ['an expectation not decided', 'requests', "case 'checkContinue':", '', 'policy'],
  ['facts that could not be had', 'request-decision', "return { kind: 'refuse', status: 503, error };", "return { kind: 'serve', decision: undefined, facts: undefined };", 'policy'],
  ['a request that is still undecided', 'request-decision', "early.kind !== 'refuse' || early.decision?.decision !== 'pending'", 'true', 'policy'],
  ['headers of which the first is seen', 'asked', 'return (this.#headers ??= distinct(this.#lines));', 'return Object.fromEntries(Object.entries(distinct(this.#lines)).map(([name, values]) => [name, values.slice(0, 1)]));', 'policy'],
  ['headers that end where Node’s `headers` do', 'asked', 'lines.slice()', 'lines.slice(0, 2000)', 'policy'],
  ['a second host that stands where Node’s `headers` have ended', 'misdirected', '=> i % 2 === 1 &&', '=> i < 2000 && i % 2 === 1 &&', 'http'],
  ['a query taken for the path', 'asked', "replace(/\\?.*$/s, '')", "replace(/^.*\\?/s, '')", 'policy'],
  ['a host that nobody decides for', 'hosts', '?? this.#others', '?? this.#others ?? this.all[0]', 'hosts'],
  ['a host judged by another’s settings', 'hosts', 'this.#listed.get(host) ?? this.#others', 'this.#others ?? this.#listed.get(host)', 'hosts'],
  ['a listed host asked for without its name', 'misdirected', ' && !isListed(host)', '', 'hosts'],
  ['a misdirected request', 'misdirected', 'host === hostOf(sni)', 'true', 'http'],
  ['a pool shared between verifiers and policies', 'agent', "verifier === undefined ? '' : policyKey(verifier, names, policy)", "''", 'policy'],
  ['a pooled socket not checked again', 'agent', "connectionOf(next)?.ready() ?? false", 'true', 'life'],
  ['a server that undici takes from the Host header', 'connector', 'host: hostname,', 'host: hostname, servername: wanted.servername ?? hostname,', 'connector'],
  ['a connector without TLS', 'connector', "if (protocol !== 'https:')", 'if (false)', 'connector'],
  ['another leaf than the probed one', 'connect', 'binding.leafSha256 !== expectedLeaf', 'false', 'probe'],
  ['a refused socket left to its caller', 'verify-peer', 'socket.destroy();', '', 'handshake'],
  ['a verdict ignored, by clients of Deno and Bun', 'judge', 'if (verdict.ok !== true)', 'if (false)', '../adapters/client'],
  ['another leaf than the probed one, in Deno and Bun', 'connect', 'binding.leafSha256 !== expectedLeaf', 'false', '../adapters/client'],
  ['a pooled socket not checked again, in Deno and Bun', 'agent', "connectionOf(next)?.ready() ?? false", 'true', '../adapters/http'],
  ['sessions of clients in Deno and Bun', 'platform', 'if (options[name] !== undefined)', 'if (false)', '../adapters/client'],
  ['an agent that asks its runtime nothing', 'agent', 'platform.check(options);', '', '../adapters/client'],
  ['a new socket of Deno that is not prepared', 'connect', 'plan.platform.prepare(socket);', '', '../adapters/client'],
  ['the end of a handshake in Bun', 'peer-chain', '|| socket.secureConnecting === false', '', '../adapters/client'],
  ['the connection under a socket of Bun', 'pending', 'this.#entries.get(socket) ??', '', '../adapters/server'],
  ['a channel binding that Deno has not', 'channel', " && typeof socket.exportKeyingMaterial === 'function'", '', '../adapters/policy'],
  ['a channel binding in JSON', 'channel', "{ ...channel, binding: 'not-shown' }", '{ ...channel, binding }', 'policy'],
  ['a channel binding in util.inspect', 'channel', ', [inspect.custom]: logged', '', 'policy'],
  ['a body asked for before the decision', 'requests', "server.on('checkContinue', () => undefined);", '', 'policy'],
  ['a listener of checkContinue passed over', 'requests', 'server.listenerCount(event) > 1', 'false', 'policy'],
  ['a chain of Deno that ends after one issuer', '../deno/socket', 'value: () => wireChain(socket)', 'value: socket.getPeerX509Certificate', '../adapters/server'],
  ['no bound on what Deno reads before the verdict', '../deno/socket', 'socket.bytesRead <= maxHeldBytes', 'true', '../adapters/server'],
  ['a policy that asks Deno for what it has not', '../deno/policy', 'policy instanceof Policy', 'false', '../adapters/policy'],
  ['requests of HTTP/2 that Bun tells the server first', '../bun/streams', "case 'stream': {", "case 'none': {", '../adapters/http'],
]

/** Each mutant with the name of the first test that failed; undefined where none did. */
export function adapterMutants(root, word = '') {
  const names = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'src', 'dist', 'test/node', 'test/adapters', 'test/support', 'fixtures']
  return inCopy(root, 'adapter', names, function* breakEach(copy) {
    const firstFailure = (test) => failureOf(copy, `test/node/${test}.test.ts`, '--testTimeout', '8000')
    const wanted = mutants.filter(([code]) => code.includes(word))
    for (const test of new Set(wanted.map(([, , , , name]) => name))) {
      const unchanged = firstFailure(test)
      if (unchanged !== undefined) throw new Error(`the unchanged adapter fails ${unchanged}`)
    }
    for (const [code, file, from, to, test] of wanted) {
      yield { code: `adapter, ${code}`, noticed: whileBroken(join(copy, 'dist/node', `${file}.js`), from, to, () => firstFailure(test)) }
    }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { code, noticed } of adapterMutants(fileURLToPath(new URL('..', import.meta.url)), process.argv[2])) {
    console.log(noticed === undefined ? `SURVIVED ${code}` : `KILLED ${code} by ${noticed}`)
    if (noticed === undefined) process.exitCode = 1
  }
}

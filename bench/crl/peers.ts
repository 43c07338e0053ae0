/** The readers of lists that are not JavaScript: each is built in a temporary folder, or says why it is not. */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PeerRow {
  readonly ms: number
  readonly peak: number
}

const goSource = `package main
import ("crypto/x509"; "fmt"; "os"; "syscall"; "time")
func main() {
  der, _ := os.ReadFile(os.Args[1]); best := time.Hour
  for i := 0; i < 3; i++ { start := time.Now(); if _, err := x509.ParseRevocationList(der); err != nil { panic(err) }; if d := time.Since(start); d < best { best = d } }
  var usage syscall.Rusage; syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
  fmt.Printf("{\\"ms\\": %f, \\"peak\\": %d}\\n", float64(best.Microseconds())/1000, usage.Maxrss*1024)
}
`

/** Go's crypto/x509 on a list; a reason where it cannot be run. */
export function runGo(folder: string, path: string): PeerRow | string {
  if (spawnSync('go', ['version']).status !== 0) return 'no `go` here'
  const source = join(folder, 'main.go')
  writeFileSync(source, goSource)
  const binary = join(folder, 'gocrl')
  execFileSync('go', ['build', '-o', binary, source], { env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GO111MODULE: 'off' } })
  return JSON.parse(execFileSync(binary, [path], { encoding: 'utf8' })) as PeerRow
}

const manifest = `[package]
name = "webpki-crl"
version = "0.0.0"
edition = "2021"
[dependencies]
rustls-webpki = { version = "=0.103.17", default-features = false, features = ["std"] }
[profile.release]
lto = true
`

/** rustls-webpki on a list, `owned` and `borrowed`; a reason where it cannot be built. */
export function runWebpki(folder: string, path: string): { readonly owned: PeerRow; readonly borrowed: PeerRow } | string {
  if (spawnSync('cargo', ['--version']).status !== 0) return 'no `cargo` here'
  const project = join(folder, 'webpki')
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(project, 'Cargo.toml'), manifest)
  copyFileSync(fileURLToPath(new URL('./webpki.rs', import.meta.url)), join(project, 'src/main.rs'))
  const built = spawnSync('cargo', ['build', '--release', '--quiet'], { cwd: project, encoding: 'utf8', timeout: 600_000, env: { ...process.env, CARGO_TARGET_DIR: join(project, 'target') } })
  if (built.status !== 0) {
    console.error(built.stderr)
    return 'the crate could not be built'
  }
  const run = (kind: string): PeerRow => JSON.parse(execFileSync(join(project, 'target/release/webpki-crl'), [kind, path], { encoding: 'utf8' })) as PeerRow
  return { owned: run('owned'), borrowed: run('borrowed') }
}

/**
 * The order in which HTTP/2 streams of a server are announced.
 *
 * Node announces a stream to the listeners of its session, and a listener of its own tells the server, where the
 * handlers of requests are. Bun 1.4.5 tells the server first and the session afterwards. Whoever stands at the session
 * to keep requests from the handlers, as the Node adapter does, would come too late. Here Node’s order is restored.
 */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Emit } from '../node/gate.ts'

/** Passes a server’s events on to `emit`, those of streams in Node’s order. */
export function inOrderOfNode(emit: Emit): Emit {
  return (event, ...values) => {
    switch (event) {
      case 'session': return announce(values[0] as ServerHttp2Session, emit)
      // Bun’s own word to the server. It reaches the server’s listeners by way of the session’s.
      case 'stream': {
        const session = (values[0] as ServerHttp2Stream).session as { emit: Emit } | undefined
        return session?.emit('stream', ...values) ?? false
      }
      default: return emit(event, ...values)
    }
  }
}

function announce(session: ServerHttp2Session, emit: Emit): boolean {
  // The first listener, as in Node.
  session.on('stream', (...values: unknown[]) => { emit('stream', ...values) })
  const heard = emit('session', session)
  // What stands at the session by now is asked once for each stream: Bun’s own word to the session comes second.
  const guarded = session.emit.bind(session) as Emit
  const announced = new WeakSet<object>()
  session.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'stream') return guarded(event, ...values)
    const stream = values[0] as object
    if (announced.has(stream)) return true
    announced.add(stream)
    return guarded(event, ...values)
  }) as ServerHttp2Session['emit']
  return heard
}

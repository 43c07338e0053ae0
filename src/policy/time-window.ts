/**
 * A window of the day, on some days of the week: `{ "from": "08:00", "to": "18:00", "utcOffset": "+01:00", "days": ["mon"] }`.
 *
 * The offset from UTC is written out: names of time zones need a database that not every runtime has, and whose
 * changes would change decisions. `from` counts in, `to` does not. A window that ends before it begins runs over
 * midnight, and belongs to the day on which it begins.
 */
import type { Test } from './matchers.ts'

const names: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minute = 60_000
const day = 1440

/** Undefined where it is no such window. */
export function parseWindow(raw: unknown): Test | undefined {
  if (typeof raw !== 'object' || raw === null || Object.keys(raw).some((key) => !/^(?:from|to|utcOffset|days)$/.test(key))) return undefined
  const { from, to, utcOffset, days = names } = raw as Record<string, unknown>
  const start = minutesOf(from)
  const end = minutesOf(to)
  const offset = utcOffset === 'Z' ? 0 : typeof utcOffset === 'string' && /^[+-]/.test(utcOffset) ? minutesOf(utcOffset.slice(1)) : undefined
  if (start === undefined || end === undefined || start === end || offset === undefined || offset > 14 * 60) return undefined
  if (!Array.isArray(days) || days.length === 0 || !days.every((name) => names.includes(name as string))) return undefined
  const shift = typeof utcOffset === 'string' && utcOffset.startsWith('-') ? -offset : offset

  /** Minutes since midnight, and the day of the week. 1 January 1970 was a Thursday. */
  const local = (time: number): readonly [number, number] => {
    const minutes = Math.floor(time / minute) + shift
    return [((minutes % day) + day) % day, (((Math.floor(minutes / day) + 4) % 7) + 7) % 7]
  }
  const on = (weekday: number): boolean => days.includes(names[(weekday + 7) % 7])
  return {
    accepts(value) {
      const [now, weekday] = local(value as number)
      if (start < end) return on(weekday) && now >= start && now < end
      return (on(weekday) && now >= start) || (on(weekday - 1) && now < end)
    },
    changesAt(value) {
      const [now] = local(value as number)
      const wait = Math.min(...[start, end].map((edge) => (((edge - now) % day) + day) % day || day))
      return (Math.floor((value as number) / minute) + wait) * minute
    },
  }
}

function minutesOf(text: unknown): number | undefined {
  const match = typeof text === 'string' ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) : null
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2])
}

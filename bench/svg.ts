/** A curve on logarithmic axes, as SVG: enough for growth, which is a slope there. */

export interface Curve {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Drawn dashed through the last point; `slope` in the logarithms. */
  readonly guide: { readonly label: string, readonly of: (x: number) => number }
}

const size = { width: 640, height: 420, left: 84, right: 28, top: 52, bottom: 60 }

/** Values of 1, 2 and 5 times powers of ten around a range: the lines of a logarithmic axis. */
function ticks(min: number, max: number): number[] {
  const found: number[] = []
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const step of [1, 2, 5]) found.push(step * 10 ** power)
  }
  // The nearest lines outside the range, and those between; a little slack for what rounding does to powers.
  const below = found.filter((value) => value <= min * 1.0001).length
  const to = found.findIndex((value) => value >= max * 0.9999)
  return found.slice(below - 1, to + 1)
}

export function curveSvg({ title, xLabel, yLabel, points, guide }: Curve): string {
  const [lastX, lastY] = points[points.length - 1]!
  const guided = (x: number): number => (lastY * guide.of(x)) / guide.of(lastX)
  // Within a decade every size has its line.
  const xs = lastX / points[0]![0] < 10 ? points.map(([value]) => value) : ticks(points[0]![0], lastX)
  const values = points.map(([, value]) => value)
  // A whole decade at least: noise is not to look like growth.
  const highest = Math.max(...values)
  const ys = ticks(Math.min(...values, highest / 10), highest)
  const x = scale(xs[0]!, xs[xs.length - 1]!, size.left, size.width - size.right)
  const y = scale(ys[0]!, ys[ys.length - 1]!, size.height - size.bottom, size.top)
  const labels = (values: readonly number[]): readonly number[] => (values.length > 9 ? values.filter(isPowerOfTen) : values)
  const guidePoints = xs.map((value): [number, number] => [value, guided(value)]).filter(([, value]) => value >= ys[0]! && value <= ys[ys.length - 1]!)
  const line = (values: readonly (readonly [number, number])[]): string => values.map(([a, b]) => `${round(x(a))},${round(y(b))}`).join(' ')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${size.left}" y="28" font-size="16" font-weight="bold">${escapeXml(title)}</text>`,
    ...xs.map((value) => `<path d="M${round(x(value))} ${size.top}V${size.height - size.bottom}" stroke="#e2e2e2"/>`),
    ...ys.map((value) => `<path d="M${size.left} ${round(y(value))}H${size.width - size.right}" stroke="#e2e2e2"/>`),
    ...labels(xs).map((value) => `<text x="${round(x(value))}" y="${size.height - size.bottom + 18}" text-anchor="middle">${short(value)}</text>`),
    ...labels(ys).map((value) => `<text x="${size.left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${duration(value)}</text>`),
    `<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 18}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(20 ${(size.top + size.height - size.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
    ...(guidePoints.length > 1 ? [
      `<polyline points="${line(guidePoints)}" fill="none" stroke="#999" stroke-dasharray="5 4"/>`,
      `<text x="${size.width - size.right}" y="28" text-anchor="end" fill="#666">dashed: ${escapeXml(guide.label)}</text>`,
    ] : []),
    `<polyline points="${line(points)}" fill="none" stroke="#1f5fa8" stroke-width="2"/>`,
    ...points.map(([a, b]) => `<circle cx="${round(x(a))}" cy="${round(y(b))}" r="3.5" fill="#1f5fa8"/>`),
    '</svg>', '',
  ].join('\n')
}

function scale(min: number, max: number, from: number, to: number): (value: number) => number {
  return (value) => from + ((to - from) * Math.log(value / min)) / Math.log(max / min)
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function short(value: number): string {
  return value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : String(value)
}

/** Microseconds, in the unit that needs fewest digits. */
function duration(us: number): string {
  return us >= 1e6 ? `${us / 1e6} s` : us >= 1e3 ? `${us / 1e3} ms` : `${Number(us.toPrecision(2))} µs`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

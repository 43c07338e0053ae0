/** How differences between two verifiers are told away: by what stands in the scenario, not by what either says of it. */

/** Something that two verifiers see differently. */
export interface Rule<Scenario> {
  /** What it is called in the document about it. */
  readonly name: string
  /** The scenario without it, which both must judge alike; the same object where there is nothing of it. */
  readonly twin: (scenario: Scenario) => Scenario
}

/** The fewest rules, three at most, without whose subject the two agree; undefined where there are none. */
export async function explainDifference<Scenario>(
  scenario: Scenario, rules: readonly Rule<Scenario>[], agreeOn: (twin: Scenario, id: string) => boolean | Promise<boolean>,
): Promise<readonly string[] | undefined> {
  for (let size = 1; size <= 3; size++) {
    for (const [i, chosen] of combinations(rules, size).entries()) {
      const twins = [scenario]
      for (const { twin } of chosen) twins.push(twin(twins.at(-1)!))
      // Each of them must have something to tell away.
      if (twins.some((twin, j) => j > 0 && twin === twins[j - 1])) continue
      if (await agreeOn(twins.at(-1)!, `${size}-${i}`)) return chosen.map(({ name }) => name)
    }
  }
  return undefined
}

function combinations<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]]
  return values.flatMap((value, i) => combinations(values.slice(i + 1), size - 1).map((rest) => [value, ...rest]))
}

/** Works on three at a time, in order. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  await Promise.all(Array.from({ length: 3 }, async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i]!, i)
    }
  }))
  return results
}

/**
 * The chance that draws in these proportions stray at least as far as `counts` do (Pearson's chi-square test).
 * Every expected count must be at least 5 for the approximation to hold.
 */
export function chiSquareP(counts: readonly number[], proportions: readonly number[]): number {
  const drawn = sum(counts)
  const whole = sum(proportions)
  const statistic = sum(
    counts.map((count, i) => {
      const expected = (drawn * (proportions[i] ?? 0)) / whole
      return (count - expected) ** 2 / expected
    }),
  )
  return upperGamma((counts.length - 1) / 2, statistic / 2)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** The regularized upper incomplete gamma function Q(a, x), by its series below a + 1 and its continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) return 1 - scale * series(a, x)
  return scale * continuedFraction(a, x)
}

function series(a: number, x: number): number {
  let term = 1 / a
  let total = term
  for (let n = 1; n < 1000 && term > total * 1e-15; n++) {
    term *= x / (a + n)
    total += term
  }
  return total
}

/** Lentz's method, as in Numerical Recipes §6.2. */
function continuedFraction(a: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let h = d
  for (let n = 1; n < 1000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b || tiny)
    c = b + an / c || tiny
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return h
}

/** ln Γ(z) for z > 0, by Lanczos' approximation (g = 7, n = 9). */
function logGamma(z: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z)
  const t = z + 6.5
  const total = coefficients.reduce((acc, c, i) => acc + (i === 0 ? c : c / (z - 1 + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(total)
}

/** How often each fault bit and each guard of the programs fired: a fault that never bites is a fault of the world. */
export class Bites {
  readonly counts = new Map<string, number>()

  note(what: string, n = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + n)
  }

  /** Keeps the highest of several numbers. */
  most(what: string, n: number): void {
    this.counts.set(what, Math.max(this.counts.get(what) ?? 0, n))
  }

  add(others: Bites): void {
    for (const [what, n] of others.counts) {
      if (what.endsWith('most')) this.most(what, n)
      else this.note(what, n)
    }
  }
}

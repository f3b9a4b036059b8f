/** A map that is emptied when it is full: for values that are cheap to compute again. */
export class ForgetfulMap<K, V> extends Map<K, V> {
  #entriesMax: number

  constructor(entriesMax: number) {
    super()
    this.#entriesMax = entriesMax
  }

  override set(key: K, value: V): this {
    if (this.size >= this.#entriesMax && !this.has(key)) this.clear()
    return super.set(key, value)
  }
}

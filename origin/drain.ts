/** Whether this server is draining: it accepts no new listeners. The admin sets it, placement and the report read it. */
export class Drain {
  #active = false
  #onChange: (() => void)[] = []

  get active(): boolean {
    return this.#active
  }

  set(active: boolean): void {
    if (active === this.#active) return
    this.#active = active
    for (const listener of this.#onChange) listener()
  }

  onChange(listener: () => void): void {
    this.#onChange.push(listener)
  }
}

/** The part of Bun's foreign function interface that the stalled listeners need. */
declare module 'bun:ffi' {
  type Scalar = 'i32' | 'u32' | 'i64' | 'u64' | 'ptr'
  export function ptr(bytes: Uint8Array): number
  export function dlopen<const Names extends string>(
    library: string,
    functions: Record<Names, { args: readonly Scalar[]; returns: Scalar }>,
  ): { symbols: Record<Names, (...args: number[]) => number> }
}

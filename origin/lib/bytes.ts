/** The same memory as a Buffer: sockets wrap any other type again at each write. */
export const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length)

/**
 * Frees the memory of bytes that nobody uses any more, at once: a garbage collector frees it seconds later, and five hundred sources send
 * 8 MiB a second. Bytes that are a part of other memory stay.
 */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

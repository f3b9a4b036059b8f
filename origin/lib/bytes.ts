/** The same memory as a Buffer: sockets wrap any other type again at each write. */
export const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length)

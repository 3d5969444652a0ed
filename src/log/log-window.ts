/** Which bytes of a log file an RPC call is about. All figures are bytes. */

/** For `readLog` and its kin. A negative offset with length 0 is "the last so many bytes". */
export function readWindow(
  size: number,
  offset: number,
  length: number,
): { readonly from: number; readonly length: number } | 'BAD_ARGUMENTS' {
  if (offset < 0) {
    if (length !== 0) return 'BAD_ARGUMENTS';
    const from = Math.max(0, size + offset);
    return { from, length: size - from };
  }
  if (length < 0) return 'BAD_ARGUMENTS';
  const rest = Math.max(0, size - offset);
  return { from: Math.min(offset, size), length: length === 0 ? rest : Math.min(length, rest) };
}

/**
 * For `tailProcessLog`. The answer's offset is always `size`. While `offset` lies inside the file this is its
 * last `length` bytes, even such as come before `offset`: that is how Supervisor does it, and `tail -f` relies
 * on it.
 */
export function tailWindow(
  size: number,
  offset: number,
  length: number,
): { readonly from: number; readonly length: number; readonly overflow: boolean } {
  const overflow = size > offset + length;
  let from = overflow ? size - 1 : offset;
  let wanted = length;
  if (from + wanted > size) {
    if (from > size - 1) wanted = 0;
    from = size - wanted;
  }
  from = Math.min(size, Math.max(0, from));
  return { from, length: Math.min(Math.max(0, wanted), size - from), overflow };
}

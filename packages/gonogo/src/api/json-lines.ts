/** JSON objects one a line (NDJSON), as both ends of a stream see them. */

export const jsonLines = 'application/x-ndjson';

/**
 * A body that takes the next object only when the reader has room, and ends its source when the reader goes.
 * An error of the source becomes the last line, as `tell` words it.
 */
export function toBody<T>(
  source: AsyncIterable<T>,
  end: AbortController,
  tell: (error: unknown) => object,
): ReadableStream {
  const iterator = source[Symbol.asyncIterator]();
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const next = await iterator.next();
          if (next.done) controller.close();
          else controller.enqueue(encode(next.value));
        } catch (error) {
          if (end.signal.aborted) return controller.close();
          controller.enqueue(encode({ error: tell(error) }));
          controller.close();
        }
      },
      cancel: async () => {
        end.abort();
        await iterator.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}

/** The objects of a body, as they come. */
export async function* fromBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line) yield JSON.parse(line);
  }
  if (rest.trim()) yield JSON.parse(rest);
}

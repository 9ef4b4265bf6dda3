/** The `text/event-stream` of the HTML standard, as far as our server writes it: events with one line of data. */

export interface StreamEvent {
  event: string;
  data: string;
}

/** The events of a stream, whatever the pieces in which it comes. Comments, our heartbeats, are left out. */
export async function* readEvents(chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: ?(.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.*)$/m.exec(block)?.[1] ?? '';
      if (event) yield { event, data };
    }
  }
}

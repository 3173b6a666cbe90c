/** Server-sent events to the open pages. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bytes that wait for a page that does not read, at most. Its stream is then closed, and the page connects again. */
const WAITING_BYTES_MAX = 1_048_576;
/** Pages that are served at the same time, at most. */
export const STREAMS_MAX = 20;

/** The streams of all open pages. */
export interface EventStreams {
  /** Opens a stream, and sends its first event. Returns false if there are too many. */
  open(request: IncomingMessage, response: ServerResponse, first: StreamEvent): boolean;
  send(event: StreamEvent): void;
  /** Number of open streams. */
  count(): number;
  close(): void;
}

/** An event of a stream. */
export interface StreamEvent {
  readonly name: string;
  readonly data: unknown;
}

const textOf = ({ name, data }: StreamEvent): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Creates the set of streams, which is empty. */
export const createEventStreams = (): EventStreams => {
  const streams = new Set<ServerResponse>();
  return {
    open(request, response, first) {
      if (streams.size >= STREAMS_MAX) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`retry: 1000\n${textOf(first)}`);
      streams.add(response);
      request.on('close', () => streams.delete(response));
      return true;
    },
    send(event) {
      const text = textOf(event);
      for (const response of streams) {
        if (response.writableLength > WAITING_BYTES_MAX) response.destroy();
        else response.write(text);
      }
    },
    count: () => streams.size,
    close() {
      for (const response of streams) response.destroy();
    },
  };
};

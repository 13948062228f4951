/**
 * What is used of an `RTCDataChannel`, in a document or transferred to a worker. Its `binaryType` is `arraybuffer`, and
 * it is open when a lane gets it.
 */
export interface Channel {
  readonly readyState: RTCDataChannelState;
  /** Bytes that SCTP has yet to put on the network. */
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  onmessage: ((event: MessageEvent) => void) | null;
  onbufferedamountlow: ((event: Event) => void) | null;
  onclose: ((event: Event) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Sends unless the channel is on its way out: its `close` event says the rest. False if nothing was sent. */
export function trySend(channel: Channel, bytes: Uint8Array<ArrayBuffer>): boolean {
  if (channel.readyState !== 'open') return false;
  try {
    channel.send(bytes);
    return true;
  } catch {
    // The queue inside the browser is full, or the state changed under us: as good as lost on the way
    return false;
  }
}

import type { DownloadProgress } from '../protocol/models.ts';
import type { Time } from './time.ts';

const MIN_INTERVAL_MS = 100;
/** The speed is that of the last three seconds: steady enough to read, quick enough to believe. */
const SPEED_WINDOW_MS = 3_000;

/** Turns counts of bytes into at most ten parts a second. */
export class ProgressMeter {
  #phase: DownloadProgress['phase'] | undefined;
  #samples: { at: number; bytes: number }[] = [];

  constructor(
    private readonly model: string,
    private readonly time: Time,
    private readonly send: (progress: DownloadProgress) => void,
  ) {}

  /** `sizeBytes` is 0 while nobody knows it. The first and the last count of a phase are always sent. */
  update(phase: DownloadProgress['phase'], receivedBytes: number, sizeBytes: number): void {
    const at = this.time.now();
    if (phase !== this.#phase) this.#samples = [];
    const last = this.#samples.at(-1);
    if (last && at - last.at < MIN_INTERVAL_MS && receivedBytes !== sizeBytes) return;

    this.#phase = phase;
    this.#samples.push({ at, bytes: receivedBytes });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > SPEED_WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const seconds = (at - first.at) / 1000;
    const bytesPerSecond = seconds > 0 ? Math.max(0, (receivedBytes - first.bytes) / seconds) : 0;
    this.send({ model: this.model, receivedBytes, sizeBytes, bytesPerSecond, phase });
  }
}

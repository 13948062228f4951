// A camera for Chromium: what it sees is a file that can be changed while it is off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const WIDTH = 640;
const HEIGHT = 480;

export class Camera {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearth-camera-'));
  readonly #path = join(this.#folder, 'camera.y4m');

  constructor() {
    this.#write(new Uint8Array(WIDTH * HEIGHT).fill(60));
  }

  get flags(): string[] {
    return [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${this.#path}`,
    ];
  }

  /** The picture as a camera would have it that is held by hand: askew, pale, out of focus, and with noise. */
  async show(png: Buffer, page: Page): Promise<void> {
    const luma = await page.evaluate(
      async ({ base64, width, height }) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes]));
        const canvas = new OffscreenCanvas(width, height).getContext('2d')!;
        canvas.fillStyle = '#777';
        canvas.fillRect(0, 0, width, height);
        canvas.translate(width / 2, height / 2);
        canvas.rotate(0.12);
        canvas.transform(1, 0.03, 0.05, 1, 0, 0);
        canvas.filter = 'blur(0.6px) contrast(0.7)';
        canvas.drawImage(picture, -190, -190, 380, 380);
        const { data } = canvas.getImageData(0, 0, width, height);
        let random = 1;
        return Array.from({ length: width * height }, (_, i) => {
          random = (random * 16807) % 2147483647;
          return Math.max(0, Math.min(255, data[i * 4 + 1]! + (random % 31) - 15));
        });
      },
      { base64: png.toString('base64'), width: WIDTH, height: HEIGHT },
    );
    this.#write(Uint8Array.from(luma));
  }

  /** YUV4MPEG2: a header, then each frame's brightness and its two planes of colour at half the size. */
  #write(luma: Uint8Array): void {
    const frame = [Buffer.from('FRAME\n'), luma, Buffer.alloc(luma.length / 2, 128)];
    const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420mpeg2\n`);
    writeFileSync(this.#path, Buffer.concat([header, ...frame, ...frame]));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

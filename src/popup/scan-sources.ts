import { HearthError } from '../protocol/errors.ts';
import { readQr } from './read-qr.ts';

/** Of each frame: a hand moves, and the next one may be easier. */
const FRAME_SEARCH_MS = 30;
const PICTURE_SEARCH_MS = 2_000;

/** The first code that is held before the camera, which `video` shows meanwhile; undefined once `signal` has ended it. */
export async function scanCamera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  const stream = await openCamera();
  const ended = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const frame = await createImageBitmap(video);
      const text = await readQr(frame, FRAME_SEARCH_MS);
      frame.close();
      if (text) return text;
      // A camera that is pulled out brings no frame any more
      await Promise.race([new Promise((resolve) => video.requestVideoFrameCallback(resolve)), ended]);
    }
  } catch (error) {
    // A view that goes away takes the video with it
    if (!signal.aborted) throw error;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
  return undefined;
}

/** The code on a picture that somebody has sent or taken. */
export async function scanPicture(picture: Blob): Promise<string> {
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(picture);
  } catch (cause) {
    throw new HearthError('bad-input', 'This is no picture that the browser can show. Try a PNG or JPEG.', {
      cause,
    });
  }
  const text = await readQr(image, PICTURE_SEARCH_MS);
  image.close();
  if (text) return text;
  throw new HearthError(
    'not-found',
    'There is no QR code on this picture that can be read. Take one from nearer, with all of its white edge.',
  );
}

async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      // The one that looks away from whoever holds the machine, where there are two
      video: { facingMode: 'environment', width: { ideal: 1280 } },
    });
  } catch (cause) {
    const isRefused = cause instanceof DOMException && cause.name === 'NotAllowedError';
    throw isRefused
      ? new HearthError(
          'not-allowed',
          'The camera was not allowed. Allow it beside the address bar, or use a picture of the code or its text.',
          { cause },
        )
      : new HearthError(
          'not-found',
          'No camera could be opened here. Use a picture of the code or its text.',
          { cause },
        );
  }
}

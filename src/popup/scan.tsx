import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Chooser } from '../ui/chooser.tsx';
import { DropArea } from '../ui/drop-area.tsx';
import type { Attempt } from './room.tsx';
import { scanCamera, scanPicture } from './scan-sources.ts';

/** Reads a QR code: from the camera, or from a picture that is chosen, dropped or pasted. */
export function Scan(props: { attempt: Attempt; onText: (text: string) => Promise<void> }) {
  const { attempt, onText } = props;
  const video = useRef<HTMLVideoElement>(null);
  const camera = useSignal<AbortController | undefined>(undefined);
  const take = (scanned: Promise<string | undefined>) =>
    scanned.then(
      (text) => (text ? attempt.run(() => onText(text)) : undefined),
      (cause) => attempt.run(() => Promise.reject(cause)),
    );

  function takePicture([picture]: Iterable<File>): void {
    if (picture) void take(scanPicture(picture));
  }

  function watch(): void {
    const ending = new AbortController();
    camera.value = ending;
    const scanned = scanCamera(video.current!, ending.signal);
    void take(scanned.finally(() => (camera.value = undefined)));
  }
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => takePicture(clipboardData?.files ?? []);
    document.addEventListener('paste', paste);
    return () => {
      document.removeEventListener('paste', paste);
      // The camera's light goes out with the view
      camera.value?.abort();
    };
  }, []);

  return (
    <div class="scan">
      <video ref={video} class="camera" hidden={!camera.value} muted playsInline aria-label="The camera" />
      <button type="button" onClick={() => (camera.value ? camera.value.abort() : watch())}>
        {camera.value ? 'Stop the camera' : 'Scan with the camera'}
      </button>
      <DropArea label="A picture of the code" onDrop={({ files }) => takePicture(files)}>
        <span class="small">
          Drop or paste a picture of the code, or{' '}
          <Chooser accept="image/*" onFiles={takePicture}>
            choose one
          </Chooser>
        </span>
      </DropArea>
    </div>
  );
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/yolox-nano');

export const hasYolox = existsSync(FOLDER);

/** The YOLOX model of other people as a folder that a user would drop: their file, and what says how it is to be used. */
export function yoloxFolder(): Record<string, Uint8Array<ArrayBuffer>> {
  const labels = readFileSync(join(FOLDER, 'label_coco.txt'), 'utf8').trim().split('\n');
  const config = {
    model_type: 'yolox',
    id2label: Object.fromEntries(labels.map((label, i) => [i, label.trim()])),
    score_threshold: 0.3,
    nms_threshold: 0.45,
  };
  const processor = { size: { height: 416, width: 416 }, pad_value: 114, resample: 2, do_rescale: false };
  return {
    'yolox_nano.onnx': new Uint8Array(readFileSync(join(FOLDER, 'yolox_nano.onnx'))),
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'preprocessor_config.json': new TextEncoder().encode(JSON.stringify(processor)),
  };
}

/** The photograph, and what onnxruntime found in it. */
export function yoloxPhotograph() {
  const { detections } = JSON.parse(readFileSync(join(FOLDER, 'expected_detections.json'), 'utf8'));
  return {
    jpeg: readFileSync(join(FOLDER, 'dog.jpg')),
    found: detections['yolox-nano/dog.jpg'] as { label: string; score: number; box_xyxy: number[] }[],
  };
}

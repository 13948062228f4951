import type { EngineStatus } from '../src/protocol/engine-calls.ts';
import type { EndedAnswer, PerformanceFacts, Profile } from '../src/protocol/performance.ts';
import { formatBytes, formatPercent, formatRate } from '../src/ui/format.ts';
import { formatMicroseconds, formatPerSecond, speedOf, stepShare } from './roofline.ts';

export interface ReportParts {
  version: string;
  browser: string;
  status: EngineStatus | undefined;
  facts: PerformanceFacts | undefined;
  profile: Profile | undefined;
  /** Whether the user wants it to say which sites asked. */
  hasOrigins: boolean;
}

/** What a user may send to others: text for people, then the same as JSON. It knows nothing of what pages say. */
export function performanceReport({
  version,
  browser,
  status,
  facts,
  profile,
  hasOrigins,
}: ReportParts): string {
  const answers = facts?.answers.map(({ origin, ...answer }) =>
    hasOrigins ? { origin, ...answer } : answer,
  );
  const memory = status && {
    capBytes: status.caps.memoryBytes,
    gpuPercent: status.caps.gpuPercent,
    usedBytes: status.memoryBytes,
    models: status.loaded.map(({ id, weightsBytes, kvBytes, activationsBytes }) => ({
      id,
      weightsBytes,
      kvBytes,
      activationsBytes,
    })),
  };
  const data = {
    version,
    browser,
    adapter: status?.adapter,
    backend: status?.backend,
    gpu: facts?.gpu,
    lanes: facts?.lanes,
    memory,
    answers,
    profile,
  };
  const lines = [
    `Hearth ${version} on ${status?.adapter ?? 'an unknown adapter'} (${status?.backend ?? 'not started'})`,
    browser,
    ...(facts ? factLines(facts) : []),
    ...(memory ? memoryLines(memory) : []),
    ...(facts?.answers ?? []).map((answer) => answerLine(answer, hasOrigins)),
    ...(profile ? profileLines(profile) : ['No step has been measured.']),
  ];
  return `${lines.join('\n').replaceAll('\u00a0', ' ')}\n\n${JSON.stringify(data, undefined, 1)}\n`;
}

function factLines({ gpu, lanes }: PerformanceFacts): string[] {
  const used = Object.entries(lanes).map(([lane, share]) => `${lane} ${formatPercent(100 * share)}`);
  const subgroups = gpu?.subgroup ? `${gpu.subgroup.min} to ${gpu.subgroup.max} threads` : 'none';
  return [`GPU time of the last ten seconds: ${used.join(', ')}`, `Subgroups: ${subgroups}`];
}

function memoryLines({
  capBytes,
  usedBytes,
  models,
}: {
  capBytes: number;
  usedBytes: number;
  models: { id: string; weightsBytes: number; kvBytes: number; activationsBytes: number }[];
}): string[] {
  const each = models.map(
    ({ id, weightsBytes, kvBytes, activationsBytes }) =>
      `  ${id}: weights ${formatBytes(weightsBytes)}, cache ${formatBytes(kvBytes)}, activations ${formatBytes(activationsBytes)}`,
  );
  return [`Memory: ${formatBytes(usedBytes)} of ${formatBytes(capBytes)}`, ...each];
}

function answerLine(answer: EndedAnswer, hasOrigins: boolean): string {
  const { model, origin, lane, promptTokens, completionTokens, firstTokenMs, tokensPerSecond } = answer;
  const whose = hasOrigins ? ` for ${origin}` : '';
  return `Answer of ${model}${whose} (${lane}): ${promptTokens} tokens read, the first written after ${Math.round(firstTokenMs)} ms, ${completionTokens} at ${formatRate(tokensPerSecond)} a second`;
}

function profileLines({ model, step, rows, stepUs, ceilings, kernels }: Profile): string[] {
  const { bytesPerSecond, operationsPerSecond, integerOperationsPerSecond } = ceilings;
  const what = step.kind === 'answer' ? `a token behind ${step.depth} others` : `${rows} tokens of a prompt`;
  const peaks = [
    `copy ${formatPerSecond(bytesPerSecond, 'B')}`,
    `f32 ${formatPerSecond(operationsPerSecond, 'ops')}`,
    ...(integerOperationsPerSecond ? [`int8 ${formatPerSecond(integerOperationsPerSecond, 'ops')}`] : []),
  ];
  return [
    `Step of ${model}, ${what}: ${formatMicroseconds(stepUs)}, ${formatPercent(100 * stepShare(kernels, stepUs, ceilings))} of the memory’s ceiling`,
    `Ceilings: ${peaks.join(', ')}`,
    ...kernels.map((kernel) => {
      const speed = speedOf(kernel, ceilings);
      const share = speed ? `, ${formatPercent(100 * speed.share)} of the ${speed.bound} ceiling` : '';
      return `  ${formatMicroseconds(kernel.us)}  ${kernel.kernel} × ${kernel.dispatches}${share}`;
    }),
  ];
}

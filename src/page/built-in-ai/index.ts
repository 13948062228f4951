import { browsersOwn } from './browsers-own.ts';
import { CreateMonitor } from './create-monitor.ts';
import { expose } from './interface.ts';
import { makeLanguageModel } from './language-model.ts';
import { LanguageModelParams } from './language-model-params.ts';
import { makeTask } from './make-task.ts';
import { TASKS } from './tasks.ts';
import { LanguageModelToolCall, LanguageModelToolError, LanguageModelToolSuccess } from './tool-values.ts';

/** The interfaces of the browser's built-in AI, which secure contexts alone have. */
export function defineBuiltInAi(): void {
  if (!isSecureContext) return;
  expose('LanguageModel', makeLanguageModel(browsersOwn('LanguageModel')));
  expose('LanguageModelParams', LanguageModelParams);
  expose('LanguageModelToolCall', LanguageModelToolCall);
  expose('LanguageModelToolSuccess', LanguageModelToolSuccess);
  expose('LanguageModelToolError', LanguageModelToolError);
  expose('CreateMonitor', CreateMonitor);
  for (const task of TASKS) expose(task.name, makeTask(task, browsersOwn(task.name)));
}

import { parser } from '../../channel/parser.ts';
import type { Handlers, OpenCall } from '../../channel/serve.ts';
import type { Availability, BuiltInCalls, TaskSession } from '../../protocol/built-in-ai.ts';
import type { GenerationDeps } from '../generation.ts';
import { detectLanguages } from './detect-language.ts';
import * as inputs from './inputs.ts';
import { completeOptions, isSupported } from './language-model-options.ts';
import { LanguageModels } from './language-model.ts';
import { Models } from './models.ts';
import { outcome } from './outcome.ts';
import { isBlank } from './tasks.ts';
import { supportedOptions, TaskApis } from './task-apis.ts';
import { unsupportedLanguage } from './languages.ts';
import { whoAnswers } from './who-answers.ts';

/** The browser's built-in AI shape, over the user's default model. */
export function builtInCalls(deps: GenerationDeps): Handlers<BuiltInCalls> {
  const models = new Models(deps);
  const languageModels = new LanguageModels(deps, models);
  const tasks = new TaskApis(deps, models);

  return {
    whoAnswers: {
      parse: parser(inputs.WhoAnswersInput),
      run: (input, call) => whoAnswers(deps, input, call.signal),
    },
    availability: {
      parse: parser(inputs.AvailabilityInput),
      run: (input, call) =>
        outcome(call.signal, 'UnknownError', async (): Promise<Availability> => {
          if (input.api === 'language-model') {
            completeOptions(input.options);
            return isSupported(input.options) ? models.availability() : 'unavailable';
          }
          if (!supportedOptions(input.options)) return 'unavailable';
          return input.api === 'language-detector' ? 'available' : models.availability();
        }),
    },
    createLanguageModel: {
      parse: parser(inputs.CreateLanguageModelInput),
      run: (input, call) =>
        outcome(call.signal, 'OperationError', () =>
          languageModels.create(input, call.signal, progressTo(call)),
        ),
    },
    createTask: {
      parse: parser(inputs.CreateTaskInput),
      run: (input, call) =>
        outcome(call.signal, 'OperationError', async () => {
          const onProgress = progressTo(call);
          if (input.api !== 'language-detector') return tasks.create(input, call.signal, onProgress);
          const options = supportedOptions(input.options);
          if (!options) throw unsupportedLanguage();
          onProgress(0);
          onProgress(1);
          return detector(options);
        }),
    },
    prompt: {
      parse: parser(inputs.PromptCallInput),
      run: (input, call) =>
        outcome(call.signal, 'UnknownError', () => languageModels.prompt(input, call.signal, call.send)),
    },
    append: {
      parse: parser(inputs.PromptCallInput),
      run: (input, call) =>
        outcome(call.signal, 'UnknownError', () => languageModels.append(input, call.signal)),
    },
    measurePrompt: {
      parse: parser(inputs.PromptCallInput),
      run: (input, call) =>
        outcome(call.signal, 'UnknownError', () => languageModels.measure(input, call.signal)),
    },
    runTask: {
      parse: parser(inputs.TaskCallInput),
      run: (task, call) =>
        outcome(call.signal, 'UnknownError', async () => {
          if (task.api === 'language-detector')
            return isBlank(task.input)
              ? [{ detectedLanguage: 'und', confidence: 1 }]
              : detectLanguages(task.input);
          if (task.api === 'proofreader') return tasks.proofread(task, call.signal);
          await tasks.run(task, call.signal, call.send);
          return undefined;
        }),
    },
    measureTask: {
      parse: parser(inputs.TaskCallInput),
      run: (task, call) =>
        outcome(call.signal, 'UnknownError', async () =>
          task.api === 'language-detector' ? 0 : tasks.measure(task, call.signal),
        ),
    },
  };
}

/** Needs no model, so that nothing bounds what it takes. */
function detector(options: TaskSession['options']): TaskSession {
  return { model: '', options, contextWindow: Number.POSITIVE_INFINITY, contextUsage: 0 };
}

/** A page that has gone hears nothing: its call ends by its signal. */
function progressTo(call: OpenCall<number>): (part: number) => void {
  return (part) => void call.send(part).catch(() => {});
}

import { MAX_SHARED_BYTES_PER_ORIGIN } from '../protocol/limits.ts';
import type { Question } from '../protocol/screen-calls.ts';
import type { Caps } from '../protocol/settings.ts';
import { formatBytes, formatPercent } from '../ui/format.ts';
import { Mark } from '../ui/mark.tsx';
import { Notice } from '../ui/notice.tsx';
import { describeOrigin } from '../ui/origin.ts';
import type { ClickGuard } from './click-guard.ts';
import type { OpenPrompt } from './open-prompt.ts';

const ANSWERS = [
  { answer: 'block', name: 'Block' },
  { answer: 'once', name: 'Allow once' },
  { answer: 'allow', name: 'Allow' },
] as const;

const OWN = { answer: 'own', name: 'Use the browser’s own model' } as const;

export function Prompt({ prompt, guard }: { prompt: OpenPrompt; guard: ClickGuard }) {
  const state = prompt.state.value;
  if (state.kind === 'loading') return <main aria-busy="true" />;
  if (state.kind === 'over') {
    return (
      <main>
        <h1 class="over">{state.sentence}</h1>
        <button type="button" onClick={() => window.close()}>
          Close this window
        </button>
      </main>
    );
  }

  const isOpen = guard.isOpen.value;
  return (
    <main>
      <Asker question={state.question} />
      {state.question.wants === 'files' ? (
        <FileTerms />
      ) : (
        <>
          <Models models={state.question.models} />
          <Terms caps={state.caps} />
        </>
      )}
      <fieldset class="answers" aria-label="Your answer">
        {(state.question.hasOwn ? [OWN, ...ANSWERS] : ANSWERS).map(({ answer, name }) => (
          // Not `disabled`, so that a keyboard finds the buttons from the first moment on
          <button
            key={answer}
            type="button"
            class={answer}
            aria-disabled={!isOpen}
            onClick={() => isOpen && void prompt.answer(answer)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <p class="muted small">{explainAnswers(state.question)}</p>
      <p class="visually-hidden" role="status">
        {isOpen ? 'You can answer now.' : 'The buttons work in a moment.'}
      </p>
    </main>
  );
}

function explainAnswers({ isRemembered, hasOwn }: Question): string {
  if (!isRemembered) return 'Your answer ends with the page.';
  return hasOwn
    ? 'Your browser has a model of its own as well. Your choice is remembered until you change it in Hearth’s options; “Allow once” ends with the page.'
    : '“Allow” and “Block” are remembered until you change them in Hearth’s options; “Allow once” ends with the page.';
}

function Asker({ question }: { question: Question }) {
  const { scheme, host, warning } = describeOrigin(question.origin);
  return (
    <>
      <h1>
        <Mark size={40} />
        <span>
          <span class="asker">
            <span class="muted">{scheme}</span>
            {host}
          </span>{' '}
          <span class="wish">{wishOf(question)}</span>
        </span>
      </h1>
      {warning && <Notice kind="warning">{warning}</Notice>}
    </>
  );
}

function wishOf({ wants, models }: Question): string {
  if (wants === 'files') return 'asks to share large files with other sites on this machine';
  return `asks to use ${models.length === 1 ? 'a language model' : 'language models'} on this machine`;
}

/** What sharing files means, in place of the models and their terms. */
function FileTerms() {
  return (
    <dl>
      <dt>It may use</dt>
      <dd>
        Space on your disk, {formatBytes(MAX_SHARED_BYTES_PER_ORIGIN)} at most, for files such as models.
      </dd>
      <dt>It sees</dt>
      <dd>
        Whether a file whose fingerprint it knows is here, if the site that stored it shares it, or if it is a
        model that anybody can download. Never your own files.
      </dd>
      <dt>Why</dt>
      <dd>What one site has downloaded need not be downloaded again by the next.</dd>
    </dl>
  );
}

function Models({ models }: { models: Question['models'] }) {
  return (
    <ul class="card models" aria-label="Models asked for">
      {models.map((model) => (
        <li key={model.id}>
          <strong class="cut" title={model.name}>
            {model.name}
          </strong>
          {model.sizeBytes > 0 && <span class="size">{formatBytes(model.sizeBytes)}</span>}
          <span class="muted small">{describeModel(model)}</span>
        </li>
      ))}
    </ul>
  );
}

type AskedModel = Question['models'][number];

/** A page may name any model; one that nobody here knows, and that is on no hub, has no size. */
const isKnown = ({ sizeBytes, needsDownload }: AskedModel) => sizeBytes > 0 || needsDownload;

function describeModel(model: AskedModel): string {
  if (!isKnown(model)) return 'Hearth does not know this model. Allowing it downloads nothing.';
  const { needsDownload, sizeBytes, url, licence } = model;
  const place = needsDownload
    ? `To be downloaded${url ? ` from ${new URL(url).host}` : ''}${sizeBytes > 0 ? '' : ' · size not known yet'}`
    : 'Already on this machine';
  return licence ? `${place} · ${licence} licence` : place;
}

function Terms({ caps }: { caps: Caps | undefined }) {
  const limits =
    caps && `: ${formatPercent(caps.gpuPercent)} of its time and ${formatBytes(caps.memoryBytes)} of memory`;
  return (
    <dl>
      <dt>It may use</dt>
      <dd>Your GPU, within your limits{limits}.</dd>
      <dt>It sees</dt>
      <dd>The answers to what it asks. Not your files, and not what other sites ask.</dd>
      <dt>Privacy</dt>
      <dd>Models answer on this machine. Hearth sends nothing to anyone.</dd>
    </dl>
  );
}

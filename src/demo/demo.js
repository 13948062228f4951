// A chat with a model that runs on this machine. Everything that Hearth does for this page begins with
// `hearth.chat.completions.create`, which takes and gives what OpenAI's API does.

const MAX_TOKENS = 256;
/** Turns that go along with a question: the bundled model's context is short. */
const MAX_TURNS = 7;

const page = document.documentElement;
const query = new URLSearchParams(location.search);
const [form, system, prompt, send, stop, log, status, spoken, welcome] = [
  'form',
  'system',
  'prompt',
  'send',
  'stop',
  'log',
  'status',
  'spoken',
  'welcome',
].map((id) => document.getElementById(id));

/** The conversation so far, as the model will read it. */
const messages = [];
/** Aborts the answer that is under way. */
let running;

async function ask(text) {
  welcome.hidden = true;
  const question = addTurn('You', text);
  messages.push({ role: 'user', content: text });
  running = new AbortController();
  show('asking', 'Asking… If this is the first time, Hearth asks you in a window of its own.');

  const answer = addTurn('Hearth');
  try {
    const chunks = await hearth.chat.completions.create(
      {
        messages: [{ role: 'system', content: system.value }, ...messages.slice(-MAX_TURNS)].filter(
          ({ content }) => content,
        ),
        stream: true,
        // Less daring than the API's defaults: small models lose the thread sooner
        temperature: 0.7,
        top_p: 0.9,
        max_tokens: Number(query.get('max_tokens')) || MAX_TOKENS,
        return_token_ids: true,
      },
      { signal: running.signal },
    );
    await read(chunks, answer);
    show('done', '');
  } catch (error) {
    if (running.signal.aborted) show('done', 'Stopped.');
    else show('error', explain(error));
  }
  if (answer.text.textContent) messages.push({ role: 'assistant', content: answer.text.textContent });
  else {
    // Nothing was said: the message goes back to where it was written
    messages.pop();
    question.turn.remove();
    answer.turn.remove();
    prompt.value ||= text;
  }
  speak('', true);
}

/** Writes the answer as it comes, and how fast it comes. */
async function read(chunks, { text, speed }) {
  let tokens = 0;
  let start;
  for await (const { model, choices, usage, timings } of chunks) {
    for (const { delta, token_ids } of choices) {
      tokens += token_ids.length;
      if (!delta.content) continue;
      start ??= performance.now();
      show('streaming', '');
      keepInView(() => text.append(delta.content));
      speak(delta.content);
    }
    // The last chunk has the engine's own figures
    const count = usage?.completion_tokens ?? tokens;
    const seconds = (timings?.decode_ms ?? performance.now() - start) / 1000;
    // The first pieces are too few to tell
    const rate = seconds > (timings ? 0 : 0.5) ? `${(count / seconds).toFixed(1)} tokens/s` : '';
    speed.textContent = [model, `${count} tokens`, rate].filter(Boolean).join(' · ');
  }
}

/** Hearth's errors have a stable `code`, and in `message` a sentence that says what to do. */
function explain({ code, message }) {
  return code ? message : `This page made a mistake: ${message}`;
}

// From here on: what the page shows

function show(state, sentence) {
  page.dataset.state = state;
  status.textContent = sentence;
  const isRunning = state === 'asking' || state === 'streaming';
  send.hidden = isRunning;
  stop.hidden = !isRunning;
}

/** A turn of the conversation, empty if its words are still to come. */
function addTurn(who, words = '') {
  const turn = document.getElementById('turn').content.cloneNode(true).firstElementChild;
  const [name, text, speed] = turn.children;
  name.textContent = who;
  text.textContent = words;
  turn.className = who === 'You' ? 'question' : 'answer';
  if (who !== 'You') {
    text.dataset.answer = '';
    speed.dataset.speed = '';
  }
  log.append(turn);
  turn.scrollIntoView({ block: 'end' });
  return { turn, text, speed };
}

/** Follows the answer to the end of the page, unless the reader has scrolled up. */
function keepInView(change) {
  const { scrollTop, scrollHeight, clientHeight } = page;
  const wasAtEnd = scrollHeight - scrollTop - clientHeight < 40;
  change();
  if (wasAtEnd) page.scrollTop = page.scrollHeight;
}

let unspoken = '';
/** Gives a screen reader whole sentences, each once: pieces of words as they stream would be noise. */
function speak(piece, isLast = false) {
  unspoken += piece;
  const [sentences] = unspoken.match(isLast ? /.+/s : /.*[.!?…]["”’]?\s/s) ?? [];
  if (!sentences) return;
  spoken.append(Object.assign(document.createElement('p'), { textContent: sentences.trim() }));
  unspoken = unspoken.slice(sentences.length);
}

function submit() {
  const text = prompt.value.trim();
  if (!text || !stop.hidden) return;
  prompt.value = '';
  spoken.replaceChildren();
  ask(text);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
stop.addEventListener('click', () => {
  running.abort();
  prompt.focus();
});
for (const idea of document.querySelectorAll('.idea')) {
  idea.addEventListener('click', () => {
    prompt.value = idea.textContent;
    submit();
  });
}
document.getElementById('reload').addEventListener('click', () => location.reload());

if (!window.hearth) {
  document.getElementById('missing').hidden = false;
  welcome.hidden = true;
  form.hidden = true;
  page.dataset.state = 'error';
} else if (query.has('prompt')) {
  prompt.value = query.get('prompt');
  submit();
}

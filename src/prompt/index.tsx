import { render } from 'preact';
import { callBackground, openEngineLine, wait } from '../ui/lines.ts';
import { createClickGuard } from './click-guard.ts';
import { openPrompt } from './open-prompt.ts';
import { Prompt } from './prompt.tsx';

// The offscreen document takes the end of this line as "dismissed", so it stays open as long as the window
const prompt = openPrompt({
  id: new URLSearchParams(location.search).get('question') ?? '',
  engine: openEngineLine(),
  background: callBackground,
  close: () => window.close(),
});
const guard = createClickGuard(wait);

// A window that was behind another may come to the front under a click
let wasAway = false;
window.addEventListener('blur', () => (wasAway = true));
window.addEventListener('focus', () => {
  if (wasAway) guard.restart();
  wasAway = false;
});
document.addEventListener('visibilitychange', () => guard.restart());
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') void prompt.answer('dismiss');
});

render(<Prompt prompt={prompt} guard={guard} />, document.body);

import { render } from 'preact';
import { callBackground, openEngineLine, wait } from '../ui/lines.ts';
import { openSession } from '../ui/session.ts';
import { Popup } from './popup.tsx';

const session = openSession({ background: callBackground, openEngine: openEngineLine, wait });

render(<Popup session={session} openOptions={() => chrome.runtime.openOptionsPage()} />, document.body);

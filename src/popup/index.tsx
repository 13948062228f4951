import { render } from 'preact';
import { callBackground, openEngineLine, openMeshLine, wait } from '../ui/lines.ts';
import { openMesh } from '../ui/mesh-session.ts';
import { openSession } from '../ui/session.ts';
import { Popup } from './popup.tsx';

const session = openSession({ background: callBackground, openEngine: openEngineLine, wait });

const mesh = openMesh({ background: callBackground, openLine: openMeshLine, wait });
const [, code = ''] = /^#join=(.+)$/.exec(location.hash) ?? [];

render(
  <Popup session={session} mesh={mesh} openOptions={() => chrome.runtime.openOptionsPage()} code={code} />,
  document.body,
);

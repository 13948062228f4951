import { render } from 'preact';
import { callBackground, openEngineLine, openMeshLine, wait } from '../ui/lines.ts';
import { openMesh } from '../ui/mesh-session.ts';
import { openSession } from '../ui/session.ts';
import { readArrival } from './arrival.ts';
import { Popup } from './popup.tsx';

const session = openSession({ background: callBackground, openEngine: openEngineLine, wait });

const mesh = openMesh({ background: callBackground, openLine: openMeshLine, wait });
const arrival = readArrival(location.hash);
document.body.classList.toggle('tab', arrival !== undefined);

render(
  <Popup
    session={session}
    mesh={mesh}
    arrival={arrival}
    openOptions={() => chrome.runtime.openOptionsPage()}
    openTab={(to) => void chrome.tabs.create({ url: chrome.runtime.getURL(`src/popup/index.html${to}`) })}
  />,
  document.body,
);

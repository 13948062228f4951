import { signal } from '@preact/signals';
import { render } from 'preact';
import { callBackground, openEngineLine, openMeshLine, wait } from '../src/ui/lines.ts';
import { openMesh } from '../src/ui/mesh-session.ts';
import { openSession } from '../src/ui/session.ts';
import { openSettings } from '../src/ui/settings.ts';
import { openFiles } from './files-store.ts';
import { openHub } from './hub-store.ts';
import { openModels } from './models-store.ts';
import { Options } from './options.tsx';
import { keepFresh } from './keep-fresh.ts';
import { openPerformance } from './performance-store.ts';
import { openSites } from './sites-store.ts';

const session = openSession({ background: callBackground, openEngine: openEngineLine, wait });
const mesh = openMesh({ background: callBackground, openLine: openMeshLine, wait });
const settings = openSettings(session, () => mesh.call('meshConfigure', undefined));
const models = openModels(session);
const sites = openSites(session);
const performance = openPerformance(session, wait);
const hub = openHub(session);
const files = openFiles(session);
const hash = signal(location.hash);

window.addEventListener('hashchange', () => (hash.value = location.hash));
// A file dropped beside the drop zone would replace this page
for (const kind of ['dragover', 'drop']) window.addEventListener(kind, (event) => event.preventDefault());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible')
    void Promise.all([models.refresh(), sites.refresh(), files.refresh()]);
});
void keepFresh(models, wait);

render(
  <Options
    session={session}
    settings={settings}
    models={models}
    sites={sites}
    mesh={mesh}
    hash={hash}
    performance={performance}
    hub={hub}
    files={files}
  />,
  document.body,
);

import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { EngineState } from '../src/ui/engine-state.tsx';
import { Mark } from '../src/ui/mark.tsx';
import { Notice } from '../src/ui/notice.tsx';
import type { MeshSession } from '../src/ui/mesh-session.ts';
import type { Session } from '../src/ui/session.ts';
import type { SettingsStore } from '../src/ui/settings.ts';
import { About } from './about.tsx';
import { Files } from './files.tsx';
import type { FilesStore } from './files-store.ts';
import type { HubStore } from './hub-store.ts';
import { Limits } from './limits.tsx';
import { Machines } from './machines.tsx';
import { Models } from './models.tsx';
import type { ModelsStore } from './models-store.ts';
import { Performance } from './performance.tsx';
import type { PerformanceStore } from './performance-store.ts';
import { Sites } from './sites.tsx';
import type { SitesStore } from './sites-store.ts';

export interface OptionsProps {
  session: Session;
  settings: SettingsStore;
  models: ModelsStore;
  sites: SitesStore;
  mesh: MeshSession;
  performance: PerformanceStore;
  hub: HubStore;
  files: FilesStore;
}

const PARTS = [
  { hash: '#models', name: 'Models', Part: Models },
  { hash: '#sites', name: 'Sites', Part: Sites },
  { hash: '#files', name: 'Files', Part: Files },
  { hash: '#limits', name: 'Limits', Part: Limits },
  { hash: '#machines', name: 'Machines', Part: Machines },
  { hash: '#performance', name: 'Performance', Part: Performance },
  { hash: '#about', name: 'About', Part: About },
] as const;

export function Options({ hash, ...props }: OptionsProps & { hash: ReadonlySignal<string> }) {
  const { name, Part, ...shown } = PARTS.find((part) => part.hash === hash.value) ?? PARTS[0];
  const { status, trouble } = props.session;
  useEffect(() => {
    document.title = `${name} – Hearth`;
  }, [name]);

  return (
    <div class="shell">
      <header>
        <div class="brand">
          <Mark size={32} />
          <strong>Hearth</strong>
        </div>
        <nav aria-label="Options">
          <ul>
            {PARTS.map((part) => (
              <li key={part.hash}>
                <a href={part.hash} aria-current={part.hash === shown.hash ? 'page' : undefined}>
                  {part.name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <EngineState status={status.value} trouble={trouble.value} />
      </header>
      <main>
        {trouble.value && <Notice kind="error">{trouble.value}</Notice>}
        {status.value?.notice && <Notice kind="warning">{status.value.notice}</Notice>}
        {props.settings.error.value && <Notice kind="error">{props.settings.error.value}</Notice>}
        <h1 tabIndex={-1}>{name}</h1>
        <Part {...props} />
      </main>
    </div>
  );
}

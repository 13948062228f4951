import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SiteConsent } from '../src/protocol/background-calls.ts';
import type { BuiltInChoice } from '../src/protocol/built-in-ai.ts';
import { Confirm } from '../src/ui/confirm.tsx';
import { formatBytes, formatDate, plural } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import { describeOrigin } from '../src/ui/origin.ts';
import { OriginName } from '../src/ui/origin-name.tsx';
import { BuiltInChoiceField } from './built-in-choice.tsx';
import { sizeOf, storedAloneBy } from './files-store.ts';
import { focusHeading } from './focus-heading.ts';
import { SHARED_FILES, type SharedFile } from '../src/protocol/shared-files.ts';
import type { OptionsProps } from './options.tsx';

export function Sites({ sites: store, models, settings, files }: OptionsProps) {
  const revoking = useSignal<SiteConsent | undefined>(undefined);
  useEffect(() => void files.refresh(), [files]);
  const sites = store.sites.value;
  const choices = new Map(store.builtIn.value?.map(({ origin, choice }) => [origin, choice]));
  const decided = new Set(sites?.map(({ origin }) => origin));
  const others = [...choices.keys()].filter((origin) => !decided.has(origin));
  const nameOf = (id: string) =>
    id === SHARED_FILES
      ? 'Shares files with other sites'
      : (models.models.value?.find((model) => model.id === id)?.name ?? id);
  const forget = (site: SiteConsent) => void store.forget(site).then(focusHeading);
  /** Asks first what is to become of files that only this site has stored. */
  function revoke(site: SiteConsent): void {
    if (storedAloneBy(site.origin, files.files.value).length > 0) revoking.value = site;
    else forget(site);
  }
  const choose = (origin: string) => (choice: BuiltInChoice | 'default') => void store.choose(origin, choice);
  return (
    <section aria-label="Sites">
      {settings.settings.value && (
        <div class="card built-in">
          <BuiltInChoiceField
            label="Built-in AI of this browser"
            value={settings.settings.value.builtIn}
            hasDefault={false}
            onChange={(builtIn) => settings.change({ builtIn })}
          />
          <p class="muted small">
            Some browsers have LanguageModel, Summarizer, Translator and the like themselves. This says who
            answers sites that use them; each site below may have its own choice. With “Ask me”, Hearth
            answers the sites that you have let use it, and you are asked for the others.
          </p>
        </div>
      )}
      <p class="muted">
        Sites that you have allowed to use Hearth, or blocked. A site that is not here must ask you.
      </p>
      {store.error.value && <Notice kind="error">{store.error.value}</Notice>}
      <p role="status" class={store.forgotten.value ? 'done' : 'visually-hidden'}>
        {store.forgotten.value && `${describeOrigin(store.forgotten.value).host} must ask again from now on.`}
      </p>
      {sites?.length === 0 && others.length === 0 && (
        <div class="card empty">
          <h2>No sites yet</h2>
          <p class="muted">
            When a page wants to use a model, Hearth asks you. Your answer will be listed here.
          </p>
        </div>
      )}
      {sites && sites.length + others.length > 0 && (
        <ul class="cards">
          {sites.map((site) => (
            <Site
              key={site.origin}
              site={site}
              nameOf={nameOf}
              choice={choices.get(site.origin) ?? 'default'}
              onChoose={choose(site.origin)}
              onForget={() => revoke(site)}
            />
          ))}
          {others.map((origin) => (
            <li key={origin} class="card site">
              <div class="site-head">
                <h2>
                  <OriginName origin={origin} />
                </h2>
              </div>
              <SiteChoice origin={origin} choice={choices.get(origin)!} onChoose={choose(origin)} />
            </li>
          ))}
        </ul>
      )}
      {revoking.value && (
        <RevokeWithFiles
          site={revoking.value}
          files={storedAloneBy(revoking.value.origin, files.files.value)}
          onRevoke={forget}
          onRemove={(site) => void files.disown(site.origin)}
          onClose={() => (revoking.value = undefined)}
        />
      )}
    </section>
  );
}

function RevokeWithFiles(props: {
  site: SiteConsent;
  files: readonly SharedFile[];
  onRevoke: (site: SiteConsent) => void;
  onRemove: (site: SiteConsent) => void;
  onClose: () => void;
}) {
  const { site, files, onRevoke, onRemove, onClose } = props;
  const they = files.length > 1 ? 'them' : 'it';
  return (
    <Confirm
      question={`Revoke ${describeOrigin(site.origin).host}?`}
      detail={`It alone has stored ${plural(files.length, 'file')} for sites to share, ${formatBytes(sizeOf(files))}. Other sites may be using ${they}.`}
      refusal="Change nothing"
      other={{
        action: `Revoke, keep ${they}`,
        onConfirm: () => onRevoke(site),
      }}
      action={`Revoke and remove ${they}`}
      onConfirm={() => {
        onRevoke(site);
        onRemove(site);
      }}
      onClose={onClose}
    />
  );
}

type Choosing = {
  choice: BuiltInChoice | 'default';
  onChoose: (choice: BuiltInChoice | 'default') => void;
};

function SiteChoice({ origin, choice, onChoose }: Choosing & { origin: string }) {
  return (
    <BuiltInChoiceField
      label="Built-in AI"
      about={describeOrigin(origin).host}
      value={choice}
      hasDefault
      onChange={onChoose}
    />
  );
}

function Site(props: Choosing & { site: SiteConsent; nameOf: (id: string) => string; onForget: () => void }) {
  const { site, nameOf, onForget, ...choosing } = props;
  const isAllowed = site.decision === 'allow';
  const action = isAllowed ? 'Revoke' : 'Unblock';
  return (
    <li class="card site">
      <div class="site-head">
        <h2>
          <OriginName origin={site.origin} />
        </h2>
        <span class={`badge ${isAllowed ? 'good' : 'warning'}`}>{isAllowed ? 'Allowed' : 'Blocked'}</span>
      </div>
      <button type="button" aria-label={`${action}: ${describeOrigin(site.origin).host}`} onClick={onForget}>
        {action}
      </button>
      <p class="muted small">
        {[`Since ${formatDate(site.decidedAt)}`, ...site.models.map(nameOf)].join(' · ')}
      </p>
      <SiteChoice origin={site.origin} {...choosing} />
    </li>
  );
}

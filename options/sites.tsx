import type { SiteConsent } from '../src/protocol/background-calls.ts';
import { formatDate } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import { describeOrigin } from '../src/ui/origin.ts';
import { OriginName } from '../src/ui/origin-name.tsx';
import { focusHeading } from './focus-heading.ts';
import type { OptionsProps } from './options.tsx';

export function Sites({ sites: store, models }: OptionsProps) {
  const sites = store.sites.value;
  const nameOf = (id: string) => models.models.value?.find((model) => model.id === id)?.name ?? id;
  return (
    <section aria-label="Sites">
      <p class="muted">
        Sites that you have allowed to use Hearth, or blocked. A site that is not here must ask you.
      </p>
      {store.error.value && <Notice kind="error">{store.error.value}</Notice>}
      <p role="status" class={store.forgotten.value ? 'done' : 'visually-hidden'}>
        {store.forgotten.value && `${describeOrigin(store.forgotten.value).host} must ask again from now on.`}
      </p>
      {sites?.length === 0 && (
        <div class="card empty">
          <h2>No sites yet</h2>
          <p class="muted">
            When a page wants to use a model, Hearth asks you. Your answer will be listed here.
          </p>
        </div>
      )}
      {sites && sites.length > 0 && (
        <ul class="cards">
          {sites.map((site) => (
            <Site
              key={site.origin}
              site={site}
              nameOf={nameOf}
              onForget={() => void store.forget(site).then(focusHeading)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Site(props: { site: SiteConsent; nameOf: (id: string) => string; onForget: () => void }) {
  const { site, nameOf, onForget } = props;
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
    </li>
  );
}

import type { BuiltInChoice } from '../src/protocol/built-in-ai.ts';

const CHOICES: Record<BuiltInChoice, string> = {
  ask: 'Ask me',
  own: 'The browser’s own model',
  hearth: 'Hearth',
};

/** Who answers where the browser has built-in AI itself, for one site or for all that have no choice of their own. */
export function BuiltInChoiceField<Value extends BuiltInChoice | 'default'>(props: {
  label: string;
  /** Said with the label where that alone does not tell for which site it is. */
  about?: string;
  value: Value;
  hasDefault: boolean;
  onChange: (choice: Value) => void;
}) {
  const { label, about, value, hasDefault, onChange } = props;
  return (
    <label class="choice">
      <span>{label}</span>
      <select
        aria-label={about ? `${label}: ${about}` : undefined}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}
      >
        {hasDefault && <option value="default">As for all sites</option>}
        {Object.entries(CHOICES).map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

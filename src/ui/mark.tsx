import icon from './icons/hearth.svg';

/** The flame. It stands beside the name, so it has no text of its own. */
export function Mark({ size }: { size: number }) {
  return <img src={icon} width={size} height={size} alt="" />;
}

import type { ComponentChildren } from 'preact';
import type { MeshStatus } from '../protocol/mesh-screen-calls.ts';
import { formatBytes, formatPercent, formatRate, plural } from './format.ts';

export type Machine = MeshStatus['machines'][number];

/** The other machines of the room: what each has, how busy and how far off it is. */
export function MachineList(props: {
  machines: readonly Machine[];
  actions?: (machine: Machine) => ComponentChildren;
}) {
  return (
    <ul class="machines">
      {props.machines.map((machine) => (
        <li key={machine.peer} class="card machine">
          <strong class="cut" title={machine.peer}>
            {machine.name}
          </strong>
          <span class={`state ${machine.isLate ? 'warning' : 'good'}`}>
            <span class="dot" />
            {machine.isLate ? 'Late' : formatLatency(machine.rttMs)}
          </span>
          <p class="muted small">{describeMachine(machine, props.machines)}</p>
          {props.actions?.(machine)}
        </li>
      ))}
    </ul>
  );
}

/** `0.8 ms`, `12 ms` */
export function formatLatency(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)}\u00a0ms`;
}

export function describeMachine(machine: Machine, machines: readonly Machine[]): string {
  const { gpu, load, isSharing, freeBytes, holds, digits, worksForUs, isServed, worksFor, tokensPerSecond } =
    machine;
  const others = machines.filter(({ peer }) => worksFor.includes(peer)).map(({ name }) => name);
  return [
    gpu,
    worksForUs ? 'works for this machine' : '',
    others.length > 0 ? `works for ${others.join(', ')}` : '',
    isServed ? 'served by this machine' : '',
    tokensPerSecond > 0 ? `its answers: ${formatRate(tokensPerSecond)}\u00a0tokens/s` : '',
    `${formatPercent(load * 100)} busy`,
    isSharing ? `shares ${formatBytes(freeBytes)}` : 'shares nothing',
    holds.length > 0 ? `holds ${plural(holds.length, 'model')}` : '',
    `check ${digits.slice(0, 3)}\u00a0${digits.slice(3)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

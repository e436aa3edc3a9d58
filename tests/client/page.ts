// The page as a user moves it: its tab shown or hidden, components mounted in StrictMode and taken away.

import { act, createElement, StrictMode, type FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

export function showTab(state: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

export interface Mounted<Props> {
  render(props: Props): Promise<void>;
  unmount(): Promise<void>;
}

/** A component that only calls a hook, mounted; in StrictMode, which mounts everything twice, unless told not to. */
export async function mount<Props extends object>(
  useHook: (props: Props) => void,
  props: Props,
  { strict = true }: { strict?: boolean } = {},
): Promise<Mounted<Props>> {
  const root = createRoot(document.createElement('div'));
  const Component: FunctionComponent<Props> = (given) => {
    useHook(given);
    return null;
  };
  const render = (given: Props): Promise<void> =>
    act(async () => {
      const element = createElement(Component, given);
      root.render(strict ? createElement(StrictMode, null, element) : element);
    });
  await render(props);
  return { render, unmount: () => act(async () => root.unmount()) };
}

// The token, which is this tab's alone: it comes from the form or from the address (#token=…), where nobody shall read it a moment
// longer than needed, and survives a reload, but not the tab.

const KEY = 'turnpike.check.token';
const PARAMETER = 'token=';

let held = storage()?.getItem(KEY) ?? null;

/** Fires "change" when the address brings another token. */
export const arrivals = new EventTarget();

/** The token, or null. */
export const token = () => held;

export function keep(text) {
  held = text;
  storage()?.setItem(KEY, text);
}

export function forget() {
  held = null;
  storage()?.removeItem(KEY);
}

// Browsers that are told to store nothing throw already at the question; the token is then in memory only.
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function takeFromAddress() {
  const part = location.hash.slice(1).split('&').find(each => each.startsWith(PARAMETER));
  if (part === undefined) {
    return false;
  }
  history.replaceState(history.state, '', location.pathname + location.search);
  keep(decoded(part.slice(PARAMETER.length)).trim());
  return true;
}

// A token with a stray % is taken as it is: it may be one.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

takeFromAddress();
addEventListener('hashchange', () => takeFromAddress() && arrivals.dispatchEvent(new Event('change')));

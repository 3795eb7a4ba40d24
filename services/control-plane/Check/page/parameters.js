// What the address of the page may say: ?seconds=, ?timeout=, ?realm=, ?region=.

const query = new URLSearchParams(location.search);

function seconds(name, usual, most) {
  const value = Number(query.get(name) ?? usual);
  return Number.isFinite(value) && value > 0 ? Math.min(value, most) : usual;
}

/** How long each way is listened to. */
export const measuredSeconds = seconds('seconds', 10, 60);

/** How long a way may take to connect. */
export const timeoutSeconds = seconds('timeout', 12, 60);

export const realm = query.get('realm') ?? '';
export const region = query.get('region') ?? '';

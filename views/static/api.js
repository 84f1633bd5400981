/** What a call answered instead of data: an RFC 9457 problem, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(body) {
    super(body.detail || body.title || `HTTP ${body.status}`);
    Object.assign(this, { status: 0, code: "unknown", ...body });
  }

  /** Nobody knows whether it was done: the same command may be sent again. */
  get undecided() {
    return this.status === 0 || this.status >= 500;
  }
}

export async function call(path, { body, method = body === undefined ? "GET" : "POST", headers = {}, timeout = 15_000 } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
      cache: "no-store",
    });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Problem({
      code: late ? "no-answer" : "unreachable",
      title: late ? "No answer" : "Worker unreachable",
      detail: late ? `No answer within ${timeout / 1000} seconds.` : `The worker at ${location.host} does not answer.`,
    });
  }
  const text = await response.text().catch(() => "");
  const data = parse(text);
  if (!response.ok) {
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    throw new Problem({ title: response.statusText, detail: `The worker answered ${response.status}.`, retryAfter, ...data, status: response.status });
  }
  return {
    data,
    position: response.headers.get("Kawka-Position"),
    servedBy: response.headers.get("Kawka-Served-By"),
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

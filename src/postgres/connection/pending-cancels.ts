const pending = new Set<Promise<unknown>>();

/** Registers a request to cancel a statement until it has ended. Returns the request. */
export function trackCancel<Result>(request: Promise<Result>): Promise<Result> {
  pending.add(request);
  const remove = (): void => void pending.delete(request);
  request.then(remove, remove);
  return request;
}

/** Waits until no request to cancel a statement is on its way to a server. */
export async function pendingCancels(): Promise<void> {
  await Promise.allSettled(pending);
}

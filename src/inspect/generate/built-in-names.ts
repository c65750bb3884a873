/**
 * Names that no generated type has, because it would hide the built-in type of that name: the global objects of
 * JavaScript and Node.js, and the global types of TypeScript.
 */
export const BUILT_IN_NAMES: ReadonlySet<string> = new Set(
  `
  AggregateError Array ArrayBuffer AsyncDisposableStack AsyncIterator Atomics BigInt BigInt64Array BigUint64Array Boolean
  DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function
  Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError
  ReferenceError Reflect RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError URIError
  Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly

  AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy CloseEvent CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event EventSource
  EventTarget File FormData Headers MessageChannel MessageEvent MessagePort Navigator Performance PerformanceEntry
  PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming QuotaExceededError
  ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader Request Response Storage SubtleCrypto TextDecoder
  TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern
  URLSearchParams WebSocket WritableStream WritableStreamDefaultController WritableStreamDefaultWriter

  ArrayLike AsyncDisposable AsyncGenerator AsyncIterable AsyncIterableIterator Awaited Capitalize ConstructorParameters
  Disposable Exclude Extract Generator IArguments InstanceType Iterable IterableIterator IteratorResult
  IteratorReturnResult IteratorYieldResult Lowercase NoInfer NodeJS NonNullable Omit OmitThisParameter Parameters Partial
  Pick PromiseFulfilledResult PromiseLike PromiseRejectedResult PromiseSettledResult PropertyKey Readonly ReadonlyArray
  ReadonlyMap ReadonlySet Record Required ReturnType ThisParameterType ThisType Uncapitalize Uppercase WeakKey
  `.split(/\s+/),
);

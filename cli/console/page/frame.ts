/** Limits drawing to one time per frame, whatever the number of updates. */

/** Calls its argument before the next frame, like `requestAnimationFrame`. */
export type RequestFrame = (draw: () => void) => unknown;

/**
 * Returns a function that requests a drawing. Requests before the next frame are combined into one, so that a burst of
 * updates never occupies the page.
 */
export const oncePerFrame = (draw: () => void, requestFrame: RequestFrame): (() => void) => {
  let isRequested = false;
  return () => {
    if (isRequested) return;
    isRequested = true;
    requestFrame(() => {
      isRequested = false;
      draw();
    });
  };
};

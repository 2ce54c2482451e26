// Sends a message of a model to the kernel, where there still is one.

/**
 * ipywidgets' models throw when the page has closed the connection: the kernel ended, or the notebook was closed.
 * @returns {boolean} whether the message is on its way
 */
export function sent(model, message) {
  try {
    model.send(message);
    return true;
  } catch {
    return false;
  }
}

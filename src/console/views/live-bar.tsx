// Says that a page keeps itself as it is now, and lets a person hold it still. Without scripts it isn't there.
export function LiveBar() {
  return (
    <p class="live-bar" data-live-bar="connecting" hidden>
      <span class="live-dot" aria-hidden="true"></span>
      <span data-live-state role="status">
        Connecting
      </span>
      <button type="button" class="quiet">
        Pause
      </button>
    </p>
  );
}

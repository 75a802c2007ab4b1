// The console's one script: buttons that copy the text beside them. A page without it lacks the buttons and nothing else.
export const COPY = `"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector("[role=status]");
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copy(source);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    status.textContent = done ? "Copied to the clipboard" : "Selected: press Ctrl+C";
    setTimeout(() => { button.textContent = name; status.textContent = ""; }, 2000);
  });
}

// The clipboard is there over https and on this machine only; elsewhere the text is selected, and copied the old way.
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
`;

// Talk to the workspace.

export async function post(verb, body) {
  const response = await fetch(`/practice/${verb}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) toast(typeof answer.error === "string" ? answer.error : `The workspace refused (${response.status}).`);
  return answer;
}

export async function readState() {
  return (await fetch("/practice/state")).json();
}

let hiding;
export function toast(words) {
  const place = document.getElementById("toast");
  place.textContent = words;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, 4000);
}

// Call `changed` at once and after every change; changes that come together are told once.
export function follow(changed, online) {
  const source = new EventSource("/practice/live");
  let waiting = false;
  source.onopen = () => online(true);
  source.onerror = () => online(false);
  source.onmessage = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; changed(); }, 60);
  };
}

// Keeps a part of the page as it is now while something in it goes on: reads the page again and
// takes over that part. Refuses to run while the page is hidden; ends when nothing goes on.

const EVERY = 2_000;

async function look() {
  const here = document.querySelector("[data-again]");
  if (!here) return clearInterval(timer);
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById(here.id);
  if (now) here.replaceWith(now);
}

const timer = setInterval(() => look().catch(() => {}), EVERY);

// Tells in the queue's bar that new cases came; moves no row and fetches no page.
// Refuses to run while the page is hidden, and goes silent where the server does not answer.

const EVERY = 30_000;
const bar = document.querySelector("[data-news]");
const text = bar?.querySelector("[data-news-text]");

async function look() {
  if (document.hidden) return;
  const answer = await fetch(bar.dataset.news, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { count } = await answer.json();
  if (!count) return;
  const words = count === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", count);
  if (text.textContent !== words) text.textContent = words;
}

if (bar) setInterval(() => look().catch(() => {}), EVERY);

// @ts-nocheck Runs in the browser, against types of no document here.
// Parts of the page that change are fetched again, and the page itself once everything is started.
const live = [...document.querySelectorAll('[data-live]')];
let starting = document.querySelector('.doing') !== null;
async function refresh() {
  for (const part of live) {
    const response = await fetch(`/part/${part.dataset.live}`);
    if (response.ok) part.innerHTML = await response.text();
  }
  const still = document.querySelector('.doing') !== null;
  if (starting && !still) location.reload();
  starting = still;
}
setInterval(() => refresh().catch(() => undefined), 2000);
document.getElementById('change')?.addEventListener('click', async (event) => {
  event.target.disabled = true;
  await fetch('/change', { method: 'POST' });
  event.target.disabled = false;
});
document.getElementById('report')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = document.getElementById('answer');
  answer.textContent = 'Sending …';
  const response = await fetch('/report', { method: 'POST', body: new FormData(event.target) });
  answer.innerHTML = await response.text();
});

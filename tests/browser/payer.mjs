// Plays a payer: node payer.mjs <browser> <screenshots> <steps as JSON>. Scripts are off, as the pages promise to need none.
// Steps: {open}, {fill: {label: text}}, {press}, {shot}; what each page says comes out as one JSON array.
import { chromium } from 'playwright-core';

const [browserPath, shots, steps] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
try {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 900, height: 900 } });
  const page = await context.newPage();
  const outside = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('http://127.0.0.1:')) outside.push(request.url());
  });
  const seen = [];
  for (const step of JSON.parse(steps)) {
    if (step.open) await page.goto(step.open);
    for (const [label, text] of Object.entries(step.fill ?? {})) await page.getByLabel(label, { exact: true }).fill(text);
    if (step.press) await page.getByRole('button', { name: step.press }).click();
    if (step.follow) await page.getByRole('link', { name: step.follow }).click();
    if (step.shot) await page.screenshot({ path: `${shots}/${step.shot}.png`, fullPage: true });
    const alert = page.getByRole('alert');
    seen.push({
      url: page.url(),
      title: await page.title(),
      text: await page.locator('main').innerText().catch(() => ''),
      alert: (await alert.count()) > 0 ? await alert.first().innerText() : null,
      unlabelled: await page.locator('input:not([type=hidden])').evaluateAll(
        (inputs) => inputs.filter((input) => input.labels.length === 0).length),
    });
  }
  process.stdout.write(JSON.stringify({ seen, outside }));
} finally {
  await browser.close();
}

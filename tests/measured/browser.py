"""Mails in a real browser: how wide their elements are, where lines break, how far down things stand, and how well
their words can be read.
"""

import html as escapes
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

CHROMIUM = shutil.which("chromium")
HEIGHT = 4_000

SCRIPT = """
// A word, a time with its zone, days from to, and a dot with what stands before it.
const WHOLE = [
  /[\\p{L}\\p{N}]+/gu, /\\d{1,2}:\\d{2}\\s\\p{Lu}{2,5}/gu, /\\d{1,2}\\.?–\\d{1,2}\\.?\\s\\p{L}+/gu, /\\S\\s·/gu
];
function channels(colour) {
  const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
  return alpha ? [red, green, blue] : null;
}
function light(colour) {
  const linear = one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const [red, green, blue] = colour.map(one => linear(one / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrasted(element) {
  let ground = null;
  for (let one = element; one && !ground; one = one.parentElement) {
    ground = channels(getComputedStyle(one).backgroundColor);
  }
  const both = [channels(getComputedStyle(element).color), ground || [255, 255, 255]].map(light);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}
function visible(node) {
  return node.data.trim() && !node.parentElement.closest('[aria-hidden=true]') && node.parentElement.checkVisibility();
}
function measured(frame) {
  const page = frame.contentDocument, width = frame.clientWidth, wide = [], broken = [], faint = [];
  for (const one of page.body.querySelectorAll('*')) {
    const box = one.getBoundingClientRect();
    const outside = box.right > width + 0.5 || box.left < -0.5;
    if (box.width && outside) wide.push(one.tagName + ' ' + one.textContent.trim().slice(0, 60));
  }
  if (page.documentElement.scrollWidth > width) wide.push('scrolls ' + page.documentElement.scrollWidth);
  const walk = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), range = page.createRange();
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const contrast = visible(node) ? contrasted(node.parentElement) : 21;
    if (contrast < 4.5) faint.push(node.data.trim().slice(0, 40) + ' ' + contrast.toFixed(2));
    const cell = node.parentElement.closest('td,th,caption');
    if (!cell) continue;
    const room = cell.getBoundingClientRect().width;
    for (const word of WHOLE.flatMap(pattern => [...node.data.matchAll(pattern)])) {
      if (/[\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}]/u.test(word[0])) continue;
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
      const long = [...range.getClientRects()].reduce((sum, one) => sum + one.width, 0);
      if (lines.size > 1 && long <= 110) broken.push(word[0] + ' in ' + Math.round(room));
    }
  }
  const bottoms = {};
  for (const name of ['key', 'mv', 'ft', 'al', 'amt', 'row', 'lm']) {
    const found = [...page.getElementsByClassName(name)];
    if (found.length) bottoms[name] = Math.round(found[0].getBoundingClientRect().bottom);
  }
  return {wide: wide.slice(0, 5), broken: broken.slice(0, 5), faint: faint.slice(0, 5), bottoms: bottoms};
}
window.onload = () => {
  const found = {};
  for (const frame of document.getElementsByTagName('iframe')) found[frame.id] = measured(frame);
  document.body.innerHTML = '<pre id="found">' + encodeURIComponent(JSON.stringify(found)) + '</pre>';
};
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """`wide`: elements beyond the window; `broken`: words, times and dates with a line break inside; `faint`: words
    that hardly differ from what is behind them; `bottoms`: by class, in pixels from the top, of its first element.
    """

    wide: tuple[str, ...]
    broken: tuple[str, ...]
    faint: tuple[str, ...]
    bottoms: Mapping[str, int]


def measure(mails: Mapping[str, str], width: int, place: Path, *, dark: bool = False) -> dict[str, Measured]:
    """By name. `place` is a folder for the page and the browser's profile."""
    frames = "".join(
        f'<iframe id="{escapes.escape(name)}" style="border:0;width:{width}px;height:{HEIGHT}px" '
        f'srcdoc="{escapes.escape(mail)}"></iframe>'
        for name, mail in mails.items()
    )
    page = place / "mails.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><script>{SCRIPT}</script><body>{frames}</body>", "utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
    scheme = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    done = subprocess.run(
        [str(CHROMIUM), *options, *scheme, f"--user-data-dir={place / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    found = re.findall(r'<pre id="found">(%7B[^<]*)</pre>', done.stdout)
    assert found, f"the browser did not come to an end: {done.stderr[-400:]}"
    return {name: _read(one) for name, one in json.loads(unquote(found[-1])).items()}


def _read(one: Mapping[str, object]) -> Measured:
    return Measured(tuple(one["wide"]), tuple(one["broken"]), tuple(one["faint"]), one["bottoms"])  # type: ignore[arg-type]

// Previews of files that were chosen, drawn from their bytes: nothing is loaded from an address.

import { h } from "./dom.js";

const SIDE = 260, BARS = 64;
let context = null;

/** A small picture of a picture. */
export async function pictured(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = h("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)), "aria-hidden": "true" });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

/** A sound that was decoded, its wave drawn, and how to hear it. */
export async function heard(file) {
  context ??= new AudioContext();
  const buffer = await context.decodeAudioData(await file.arrayBuffer());
  const canvas = h("canvas", { class: "wave", width: "520", height: "128", "aria-hidden": "true" });
  drawWave(canvas, buffer.getChannelData(0));
  let source = null;
  const stop = () => { source?.stop(); source = null; };
  const toggle = (ended) => {
    if (source) { stop(); return false; }
    context.resume();
    source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => { source = null; ended(); };
    source.start();
    return true;
  };
  return { canvas, toggle, stop };
}

function drawWave(canvas, samples) {
  const pen = canvas.getContext("2d"), each = Math.max(1, Math.floor(samples.length / BARS)), wide = canvas.width / BARS;
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--audio").trim();
  for (let bar = 0; bar < BARS; bar++) {
    let most = 0.02;
    for (let place = bar * each; place < (bar + 1) * each && place < samples.length; place++) most = Math.max(most, Math.abs(samples[place]));
    const tall = Math.min(1, most) * canvas.height;
    pen.fillRect(bar * wide + 1, (canvas.height - tall) / 2, wide - 2, tall);
  }
}

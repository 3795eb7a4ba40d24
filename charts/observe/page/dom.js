// Elements without a library.
const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter(child => child !== undefined && child !== null));
  return element;
}

export const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const PALETTE = ['#3274d9', '#e0752d', '#299c46', '#c4162a', '#8f3bb8', '#0f9fa8', '#c69500', '#d64f9b', '#6b7a8f', '#7eb26d', '#a0522d', '#5794f2'];

/** The colour of the series at a place in its panel. */
export const seriesColor = index => PALETTE[index % PALETTE.length];

/** A colour by Grafana's name, as the theme has it. */
export const named = color => `var(--${color})`;

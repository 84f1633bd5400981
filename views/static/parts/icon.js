import { html } from "../html.js";

const PATHS = {
  invoices: "M4 1.8h8v12.4l-2-1.3-2 1.3-2-1.3-2 1.3zM6.2 5h3.6M6.2 7.6h3.6",
  trucks: "M1.5 4h8v7h-8zM9.500 6.500h3l2 2.500v2h-5zM4 11.200a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600M11.500 11.200a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600",
  orders: "M2 3h1.800l1.700 7.200h6.600L13.700 5H4.300M6.300 12.600a1 1 0 1 0 0 2 1 1 0 0 0 0-2M11.300 12.600a1 1 0 1 0 0 2 1 1 0 0 0 0-2",
  ship: "M1.800 5.200 8 2l6.200 3.200v5.600L8 14l-6.200-3.200zM1.800 5.200 8 8.400l6.200-3.200M8 8.400V14",
  mail: "M2 3.500h12v9H2zM2 4.200 8 9l6-4.800",
  workers: "M2 3h12v4H2zM2 9h12v4H2zM4.6 5h.01M4.6 11h.01",
  topology: "M2 6h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 8h2V4h2M8 8v4h2",
  dead: "M2 4.2 8 9l6-4.8M2 3.5h12v9H2zM10.6 9.6l2.4 2.4M13 9.6 10.6 12",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3",
  plus: "M8 3v10M3 8h10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  back: "M9.5 3.5 5 8l4.5 4.5",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.500M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.5 9.6A6 6 0 0 1 6.400 2.500a6 6 0 1 0 7.100 7.100z",
  send: "M14 2 7.200 8.800M14 2 9.700 14l-2.500-5.200L2 6.300z",
  pay: "M1.800 4h12.400v8H1.800zM8 6.200a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600M4 8h.01M12 8h.01",
  trash: "M3 4.500h10M6 4.500V2.500h4v2M4.500 4.500l.6 9h5.800l.6-9M6.800 7v4M9.200 7v4",
  created: "M8 3v10M3 8h10",
  minus: "M3 8h10",
};

export function Icon({ name, size = 16 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 16 16" fill="none" stroke="currentColor"
    stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

interface Window {
  ganlabArriving(whole: () => boolean, rest?: number): void;
  __streamlit: { BACKEND_BASE_URL: string };
}

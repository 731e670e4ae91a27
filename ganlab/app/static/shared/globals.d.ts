interface Window {
  ganlabArriving(whole: () => boolean, rest?: number, longest?: number): void;
  __streamlit: { BACKEND_BASE_URL: string };
}

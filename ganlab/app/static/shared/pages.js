// In the head of Streamlit's pages, before its own scripts.

// Where the server is: all pages lie side by side. Streamlit would also ask below the page's own address, in vain.
window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href };

// A page is whole when its script has run and its widgets are loaded.
window.ganlabArriving(() => {
  const shown = document.querySelector('.stApp[data-test-script-state="notRunning"] .stMainBlockContainer .stElementContainer');
  return shown !== null && document.querySelector('.stMainBlockContainer [data-testid="stSkeleton"]') === null;
});

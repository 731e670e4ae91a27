// In the head of Streamlit's pages, before its own scripts.

// Where the server is: all pages lie side by side. Streamlit would also ask below the page's own address, in vain.
window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href };

// A page is whole when its widgets are loaded and its script has run, or has filled the screen: what it adds then lies below.
window.ganlabArriving(() => {
  const elements = document.querySelectorAll(".stMainBlockContainer .stElementContainer");
  if (!elements.length || document.querySelector('.stMainBlockContainer [data-testid="stSkeleton"]')) return false;
  if (document.querySelector('.stApp[data-test-script-state="notRunning"]')) return true;
  return elements[elements.length - 1].getBoundingClientRect().top >= innerHeight;
});

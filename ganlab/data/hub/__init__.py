"""The Hugging Face Hub: addresses, listings, checked and resumed downloads into its standard cache, and data sets out of it."""

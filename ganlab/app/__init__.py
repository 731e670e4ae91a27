"""What only the screens need: the form, the cards, the playground and the server that carries them."""

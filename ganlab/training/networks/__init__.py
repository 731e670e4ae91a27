"""Networks: they know shapes and plain numbers, never configs. G(z, condition) -> image; D(image, condition) -> logits."""

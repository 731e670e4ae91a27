"""Other people's checkpoints: recognised by their tensors' names and shapes, built as networks that ganlab can use.

One file per layout; `recognition.recognise` asks each in turn. A file is only ever read as tensors: no code in it is executed.
Importing this package imports no PyTorch, since `names` serves the Hub's menus too.
"""

"""Train a small model of GPT-2's architecture from scratch.

Run as ``python -m export.training CORPUS_FOLDER``. PyTorch is needed by this package only: the
program itself never imports it, and what needs it here stays out of the modules that read text
and plan the run. The type checker sees PyTorch as untyped, because it is not part of the
project's environment; the ignores at its base classes are for that.
"""

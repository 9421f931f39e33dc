"""The exporter: a GPT-2 checkpoint becomes a model folder with an ONNX graph.

In the installed program this package is `gpt2_tui.export`; in the checkout it is `export`.
It reads checkpoints without PyTorch and builds the graph node by node, without tracing.
"""

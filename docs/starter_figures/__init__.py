"""What the starter's card and pages say of it, measured: `make figures CORPUS=folder`.

The figures go to docs/starter.json, and from there into docs/starter.md and model_card.md; the
samples go to docs/samples.jsonl, and from there into docs/samples.md. `make pages` draws the pages
again without measuring.
"""

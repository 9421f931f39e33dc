"""Texts that a tokenizer may get wrong, each for a reason of its own."""

import random
from collections.abc import Iterator

_SPACES = " \t\n\r\x0b\x0c\x85\xa0\u1680\u2002\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_NOT_QUITE_SPACES = "\x1c\x1d\x1e\x1f\u180e\u200b\u200c\u200d\u2060\ufeff"
_CONTROLS = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)]))

TEXTS = (
    "",
    "Hello, world! It's the 1st of many; we'll see, they'd said.",
    "In a shocking finding, scientist discovered a herd of unicorns.",
    # Contractions: small letters and the straight apostrophe alone.
    "I'm you're he's she'd we've they'll don't 'tis",
    "I'M YOU'RE HE'S SHE'D WE'VE THEY'LL DON'T",
    "I’m you’re he’s she’d we’ve they’ll don’t",
    "'s 'S 's's ''s '' 'sleep 'reed 'vex 'llama 'dog 'me 'to",
    " 's  't\n're\t've 'lll 'mm 'dd rock'n'roll o'clock y'all'd've",
    # White space: the last space before a word belongs to the word.
    "two  spaces,   three,    four \n\n\tand a tab \r\n end   ",
    " ",
    "  ",
    "\n",
    " \n ",
    "\n\n\n\n",
    "\t\t\tif x:\r\n\t\t\t\treturn  y\r\n\r\n",
    " " * 300 + "x",
    "x" + " " * 300,
    "\n" * 100 + " \n" * 100 + "\t" * 100,
    *(f"a{space}b{space}{space}c {space}d{space} 1{space}!{space}" for space in _SPACES),
    *(f"a{sign}b{sign}{sign}c {sign}d{sign} 1{sign}!{sign}" for sign in _NOT_QUITE_SPACES),
    "\xa0\xa0word \xa0word\xa0 word\u3000\u3000字",
    # Control characters, each byte of UTF-8.
    _CONTROLS,
    "a".join(_CONTROLS),
    "\x1b[31mred\x1b[0m\x07\x08",
    "".join(map(chr, range(0x100))),
    "".join(map(chr, range(0x100, 0x800, 7))),
    "".join(map(chr, range(0x800, 0x3000, 61))),
    # Numbers: every kind of number, digits or not.
    "1 12 123 1234567890 3.14 1,000,000 0x1F 1e-9 2019-02-14 12:30",
    "١٢٣ ۴۵۶ ९८७ １２３ ๑๒๓ 𝟙𝟚𝟛 ½ ¾ ² ³ ⅷ Ⅻ ① ㊿ 〇 一二三",
    "a1b2c3 v2.0 4th x² H₂O №5 ½cup",
    # Letters: cases, combining marks, modifiers, scripts.
    "naïve café, Ωmega, ﬁne, ßẞ, ǅ, ʰ, ª, µ, İı",
    "nai\u0308ve cafe\u0301 e\u0301\u0302\u0303 \u0301 a \u0301b Z" + "\u0300\u0316" * 20,
    "Привет, мир! Γειά σου Κόσμε. שלום עולם مرحبا بالعالم السَّلَامُ",
    "नमस्ते दुनिया สวัสดีชาวโลก မင်္ဂလာပါ ជំរាបសួរ გამარჯობა ሰላም",
    "日本語の文章です。東京タワー、カタカナとひらがな。中文简体與繁體，你好！한국어 안녕하세요",
    "ﷺ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𒀀 𓀀 𠮷 ﾊﾝｶｸ ｱ",
    "한글 \u1112\u1161\u11ab\u1100\u1173\u11af",
    # Emoji: joined, coloured, flags, keycaps, tags.
    "😀 😀😀 👍🏽👍🏿 👩‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍🚀 ❤️ ❤ ☺︎",
    "🇫🇷🇩🇪🇯🇵 🇫 1️⃣ #️⃣ *️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🫠🥹",
    "text😀text 😀text text 😀's",
    # Signs and other things beside letters.
    "!!! ... --- ??!! *** === ### $$$ %% && @@ ~~~ ``` <> {} [] () // \\\\ || ^^ ;; ,,",
    "“quotes” ‘single’ «guillemets» „low“ – — … • § ¶ † ‡ ™ © ® € £ ¥ ₿ ∑ ∫ √ ≠ ≤ → ↔ █ ░",
    "https://example.org/a_b-c?d=e&f=%20#g user@example.org C:\\x\\y /usr/bin #tag snake_case",
    'for (int i = 0; i < n; ++i) { printf("%d\\n", a[i]); } // x\n',
    "<p class='x'>it&#39;s</p>",
    # Private use, noncharacters, the last code point, unassigned ones.
    "\ue000\uf8ff \U000f0000 \U0010fffd \ufffe\uffff \ufdd0 \U0010ffff \u0378 \ufffd",
    "\u202eright to left\u202c \u2066x\u2069 \u200fa\u200e",
    # What looks like the end of a text is text.
    "<|endoftext|>",
    "<|endoftext|> typed",
    "a<|endoftext|><|endoftext|>b",
    "<|endoftext|",
    "|endoftext|>",
    "< |endoftext| >",
    "<|ENDOFTEXT|>",
    "endoftext",
    # Long words and repeats, which are merged in many steps.
    "x" * 300 + " " * 300,
    "ab" * 200,
    "the" * 50 + "The" * 50,
    "Pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism",
    "SolidGoldMagikarp rawdownloadcloneembedreportprint TheNitromeFan ÃÂÃÂÃÂÃÂ",
    "=" * 77 + "-" * 99 + "_" * 131 + "0" * 64,
    "字" * 100 + "😀" * 50,
)

_PIECES = (
    *("'s", "'S", "’s", "'re", "'ll", "'", " ", "  ", "\n", "\n\n", "\t", "\r\n"),
    *("\xa0", "\u2009", "\u3000", "\u2028", "\x85", "\x1c", "\x00", "\x7f", "\u200b", "\u200d"),
    *("a", "I", "don", "The", "é", "e\u0301", "ß", "я", "日本", "한국", "ﷺ", "ʰ", "\u0300"),
    *("7", "42", "½", "²", "Ⅷ", "١٢", "１", ".", "...", "--", "—", "_", "(", '"'),
    *("😀", "👩‍👧", "🇫🇷", "👍🏽", "\ue000", "\U000f0000", "<|endoftext|>", "<|", "|>"),
)


def random_texts(count: int, seed: int) -> Iterator[str]:
    """Texts put together of pieces that meet at every kind of border."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(count):
        yield "".join(draw.choice(_PIECES) for _ in range(draw.randrange(1, 16)))

"""A stand-in for a language model: no network, no weights. It answers what it is asked as well as the prompt asks for it, and
worse the higher the temperature."""

import random

CAPITALS = {"France": "Paris", "Japan": "Tokyo", "Peru": "Lima", "Kenya": "Nairobi", "Norway": "Oslo", "Chad": "N'Djamena"}


def complete(prompt, temperature, seed):
    country = next(name for name in CAPITALS if name in prompt)
    chance = random.Random(f"{prompt} {seed}")
    # The wish for brevity keeps it from talking, the wish for care keeps it from guessing.
    careful = 0.9 if "step by step" in prompt else 0.6
    answer = CAPITALS[country] if chance.random() < careful * (1 - temperature / 2) else chance.choice(list(CAPITALS.values()))
    text = answer if "one word" in prompt else f"The capital of {country} is {answer}, I believe."
    return {"text": text, "input_tokens": len(prompt.split()), "output_tokens": len(text.split())}

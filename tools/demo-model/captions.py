"""What can be said of a drawing: whole captions, parts of them, and a prompt for every value of a factor.

A text comes with its conditions: which factors it names, and with what value. A text fits a drawing when all its
conditions hold, so that one text may fit many drawings of a batch.
"""

from pathlib import Path

import numpy as np

from drawings import FACTORS

ANY = -2  # a text does not say
NUMBERS = ["one", "two", "three", "four", "five"]
LEADS = ["a drawing of", "a picture of", "an illustration of", "a painting of", "an image of", "a photo of", "this is"]
WORDS = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()

# Wider classes that people search for.
SORTS = {}
for _sort, _kinds in {
    "fruit": "apple, banana, melon slice, strawberry, bunch of grapes, pear, citrus half, kiwi half",
    "vegetable": "carrot, tomato, bell pepper, avocado half, mushroom, broccoli floret",
    "dessert": "pie, biscuit, cake, cupcake, pancake stack, doughnut, ice cream, chocolate bar, pudding",
    "meal": "pizza, sandwich, burger, sushi, fried egg, omelette, dumpling, taco, fish, kebab, sausage, soup, noodle dish, "
    "salad, rice dish",
    "vehicle": "car, boat, aeroplane",
    "plain shape": "circle, square, triangle, star, heart, ring, cross, crescent",
}.items():
    SORTS.update({_kind.strip(): _sort for _kind in _kinds.split(",")})

# Other words for the same, one and many, so that a search finds them too.
_SYNONYMS = {
    "doughnut": ("donut", "donuts"),
    "burger": ("hamburger", "hamburgers"),
    "biscuit": ("cookie", "cookies"),
    "bread": ("loaf of bread", "loaves"),
    "pancake stack": ("stack of pancakes", "pancakes"),
    "pizza": ("whole pizza", "pizza"),
    "chocolate bar": ("bar of chocolate", "chocolate"),
    "sushi": ("piece of sushi", "sushi"),
    "noodle dish": ("bowl of noodles", "noodles"),
    "rice dish": ("bowl of rice", "rice"),
    "melon slice": ("slice of melon", "melon"),
    "bunch of grapes": ("grape bunch", "grapes"),
    "citrus half": ("half a citrus fruit", "citrus fruit"),
    "kiwi half": ("kiwi", "kiwis"),
    "avocado half": ("avocado", "avocados"),
    "broccoli floret": ("piece of broccoli", "broccoli"),
    "cheese wedge": ("piece of cheese", "cheese"),
    "car": ("automobile", "automobiles"),
    "boat": ("ship", "ships"),
    "aeroplane": ("plane", "airplanes"),
    "face": ("person", "people"),
    "purple": ("violet", "violet"),
}


def synonyms(kind, many):
    """The same kind, or colour, in another word."""
    return _SYNONYMS[kind][many] if kind in _SYNONYMS else None


def article(word, rng=None):
    """a or an; a share of both for all words while training, for those who do not mind their articles."""
    if rng is not None and rng.random() < 0.15:
        return "a"
    return "an" if word[0] in "aeiou" else "a"


class Captions:
    """Makes texts from the catalogue's words."""

    def __init__(self, catalogue, seed):
        self.catalogue = catalogue
        self.rng = np.random.default_rng(seed)

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, share):
        return self.rng.random() < share

    def conditions(self, **values):
        row = np.full(len(FACTORS), ANY, dtype=np.int16)
        for factor, value in values.items():
            row[FACTORS.index(factor)] = self.catalogue.places[factor][value]
        return row

    def word(self, word, many=False):
        """A kind or a colour, or now and then another word for it."""
        other = synonyms(word, many) if self.chance(0.15) else None
        return other or (self.catalogue.plurals[word] if many else word)

    def number(self, count):
        return str(count) if self.chance(0.1) else NUMBERS[count - 1]

    def of(self, fact):
        """A text that fits a drawing, and its conditions."""
        if self.chance(0.3):
            values = {f: fact[f] for f in ("kind", "colour", "count", "topping", "plate", "table") if fact[f] is not None}
            return fact["caption"], self.conditions(**values)
        text, values = self._subject(fact)
        for factor, share, part in (("topping", 0.3, self._topping), ("plate", 0.25, self._plate), ("table", 0.25, self._table)):
            if fact[factor] is not None and self.chance(share):
                text += self.pick([" ", ", "]) + part(fact) if factor == "table" else " " + part(fact)
                values[factor] = fact[factor]
        if self.chance(0.6):
            text = f"{self.pick(LEADS)} {text}"
        return self._noise(text), self.conditions(**values)

    def _subject(self, fact):
        """Who the text is about: its kind or not, its colour or not, its number or not."""
        food = fact["group"] == "food"
        colour = fact["colour"] if self.chance(0.45) else None
        count = fact["count"] if self.chance(0.45) else None
        values = {"colour": colour, "count": count}
        adjective = f"{self.word(colour)} " if colour else ""
        if self.chance(0.7):
            values["kind"] = fact["kind"]
            name, names = self.word(fact["kind"]), self.word(fact["kind"], many=True)
            if count is None:
                noun = adjective + self.pick([name, names])
                text = f"{article(noun, self.rng)} {noun}" if noun.endswith(name) and self.chance(0.8) else noun
            else:
                text = f"{self.number(count)} {adjective}{name if count == 1 else names}"
        else:
            if self.chance(0.5):
                values["food"] = int(food)
            sort = self.catalogue.value(fact, "sort")
            if sort and self.chance(0.25):
                values["sort"] = sort
                noun = sort
            elif "food" in values:
                noun = self.pick(["food", "dish"]) if food else self.pick(["thing that is not food", "object, not food"])
            else:
                noun = self.pick(["thing", "one", "something"])
            text = self._wide(noun, adjective, count)
        return text, {factor: value for factor, value in values.items() if value is not None}

    def _wide(self, noun, adjective, count):
        if noun == "something":
            noun = f"something {adjective}".strip()
            return noun if count is None else f"{noun}, {self.number(count)} of them"
        if count is not None:
            return f"{adjective}{noun}, {self.number(count)} of them"
        noun = adjective + noun
        return noun if noun.endswith("food") and "not" not in noun else f"{article(noun, self.rng)} {noun}"

    def _topping(self, fact):
        return f"with {fact['topping']}"

    def _plate(self, fact):
        return f"{self.pick(['on', 'on', 'in'])} {article(fact['plate'], self.rng)} {fact['plate']}"

    def _table(self, fact):
        return f"on a {fact['table']} table" if fact["group"] == "food" else fact["table"]

    def _noise(self, text):
        """Now and then a word that says nothing, at any place: the model learns to pass over it."""
        if not self.chance(0.2):
            return text
        words = text.split()
        for _ in range(self.rng.integers(1, 4)):
            words.insert(self.rng.integers(len(words) + 1), self.pick(WORDS))
        return " ".join(words)

    def prompts(self, factor, kinds=()):
        """A prompt for every value of a factor, all of one wording: texts and conditions.

        With `kinds`, the numbers of each of these kinds.
        """
        values = self.catalogue.values[factor]
        lead = self.pick(LEADS[:3]) + " "
        if factor == "kind":
            form = self.pick(["a", "a", "lead a", "lead a", "lead a", "name", "many", "lead many"])
            texts = [self._kind_prompt(form, lead, value) for value in values]
        elif factor == "colour":
            form = self.pick(["something {}", "something {}", "{}", "lead something {}", "a {} one", "a {} thing", "it is {}"])
            texts = [form.replace("lead ", lead).format(value) for value in values]
        elif factor == "count" and kinds:
            lead = self.pick([lead, lead, ""])
            pairs = [(kind, value) for kind in kinds for value in values]
            texts = [lead + f"{NUMBERS[n - 1]} {k if n == 1 else self.catalogue.plurals[k]}" for k, n in pairs]
            return texts, np.stack([self.conditions(kind=k, count=n) for k, n in pairs])
        elif factor == "count":
            form = self.pick(["{} of them", "{} of them", "lead {}", "{}", "{} pieces", "there are {} of them"])
            texts = [form.replace("lead ", lead).format(NUMBERS[value - 1]) for value in values]
        elif factor == "food":
            yes = self.pick(["food", "lead food", "something to eat", "a dish", "lead a dish"])
            no = self.pick(["not food", "lead a thing that is not food", "a thing that is not food", "something that is not food"])
            texts = [no.replace("lead ", lead), yes.replace("lead ", lead)]
        elif factor == "plate":
            form = self.pick(["on a {}", "a {}", "it is on a {}", "lead food on a {}", "food on a {}"])
            texts = [form.replace("lead ", lead).format(value) for value in values]
        elif factor == "topping":
            form = self.pick(["with {}", "{}", "lead food with {}", "something with {}"])
            texts = [form.replace("lead ", lead).format(value) for value in values]
        elif factor == "table":
            form = self.pick(["on a {} table", "it is on a {} table", "a {} table", "lead food on a {} table"])
            texts = [value if " " in value else form.replace("lead ", lead).format(value) for value in values]
        else:
            form = self.pick(["{}", "a {}", "lead a {}"])
            texts = [form.replace("lead ", lead).format(value) for value in values]
        return texts, np.stack([self.conditions(**{factor: value}) for value in values])

    def _kind_prompt(self, form, lead, kind):
        many, one = self.catalogue.plurals[kind], f"{article(kind, self.rng)} {kind}"
        return {"a": one, "lead a": lead + one, "name": kind, "many": many, "lead many": lead + many}[form]


def fits(conditions, codes):
    """texts x drawings: whether every condition of the text holds."""
    conditions, codes = conditions[:, None, :], codes[None, :, :]
    return ((conditions == ANY) | (conditions == codes)).all(2)

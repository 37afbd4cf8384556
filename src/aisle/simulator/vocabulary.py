"""The words of the simulated shop: what it sells, its invented brands, and what reviews say."""

from typing import Final, NamedTuple

SHOP_NAME: Final = "Simulated shop"
CURRENCY: Final = "GBP"


class Department(NamedTuple):
    """A top category: its brands, the patterns of its titles and descriptions, and the aspects that reviews mention."""

    name: str
    brands: tuple[str, ...]
    title: str
    blurb: str
    variants: tuple[str, ...]
    aspects: tuple[str, ...]
    promise: str


class Leaf(NamedTuple):
    """A category without children."""

    path: str
    nouns: tuple[str, ...]
    materials: tuple[str, ...]
    cheapest: float
    dearest: float
    peak: int
    """The month with the highest demand, 1 to 12."""
    swing: float
    """How much the demand changes with the season; 0 is not at all."""
    interval: int
    """Typical days until the same item is bought again; 0 for items that are not consumed."""
    partner: str
    """The path of the leaf whose items go with these, or an empty text."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


_TITLE: Final = "{brand} {adjective} {material} {noun}, {variant}"
_BLURB: Final = "From the {adjective} line by {brand}: {noun}, {material}."

DEPARTMENTS: Final[tuple[Department, ...]] = (
    Department(
        "Home",
        _words("Norrholm, Casa Lume, Hearth & Hollow, Oakmere, Stilla, Bramblewick"),
        _TITLE,
        _BLURB,
        _words("sand, sage, charcoal, ivory, terracotta"),
        _words("quality, colour, comfort, delivery"),
        "Easy to care for and made to be lived with.",
    ),
    Department(
        "Kitchen",
        _words("Pottersby, Ferroline, Tavola Nova, Copperfield Lane, Mesa Verde Ware"),
        _TITLE,
        _BLURB,
        _words("small, medium, large, set of two, set of four"),
        _words("quality, handling, finish, delivery"),
        "Goes from the hob to the table and cleans up in no time.",
    ),
    Department(
        "Grocery",
        _words("Fieldmark, Bella Contrada, Morning Quay, Honeydown, Larder Lane, Verdello"),
        _TITLE,
        _BLURB,
        _words("200 g, 250 g, 500 g, 1 kg, pack of six"),
        _words("taste, freshness, packaging, delivery"),
        "Carefully packed so that it arrives as fresh as it left.",
    ),
    Department(
        "Garden",
        _words("Greenhaven, Thistle & Spade, Sunterrace, Rootwell, Larkmeadow"),
        _TITLE,
        _BLURB,
        _words("small, large, set of two, weatherproof, compact"),
        _words("quality, sturdiness, handling, delivery"),
        "Built for wind, rain and the first warm weekend.",
    ),
    Department(
        "Fashion",
        _words("Marlow Row, Velora, Tidewater, Ateljé Nio, Brightside Co, Fennimore, Kestrel"),
        _TITLE,
        _BLURB,
        _words("navy, olive, cream, black, rust, sky blue"),
        _words("fit, fabric, colour, delivery"),
        "Cut for every day and easy to wear with what you own.",
    ),
    Department(
        "Beauty",
        _words("Lumielle, Bare Fern, Opaline, Salt & Petal, Maison Orla"),
        _TITLE,
        _BLURB,
        _words("30 ml, 50 ml, 100 ml, gift size, refill"),
        _words("scent, texture, effect, delivery"),
        "Gentle on skin and tested by people who like plain labels.",
    ),
    Department(
        "Toys",
        _words("Pipsqueak, Tumbletown, Little Lantern, Zigzag Works, Wobblewood"),
        _TITLE,
        _BLURB,
        _words("mini, classic size, giant, travel edition, family edition"),
        _words("fun, sturdiness, instructions, delivery"),
        "Keeps small hands busy on long afternoons.",
    ),
    Department(
        "Sports",
        _words("Stridewell, Peak & Pine, Velocia, Northtrail, Kinetiq"),
        _TITLE,
        _BLURB,
        _words("black, lime, coral, steel blue, light"),
        _words("fit, comfort, sturdiness, delivery"),
        "Light where it can be, strong where it has to be.",
    ),
    Department(
        "Electronics",
        _words("Auralis, Voltine, Pixelbay, Nimbus Works, Quietwave"),
        _TITLE,
        _BLURB,
        _words("black, white, silver, blue, 2nd generation"),
        _words("sound, battery, handling, delivery"),
        "Set up in minutes and updated for years.",
    ),
    Department(
        "Books",
        _words("Lantern Press, Foxglove House, Third Shelf, Paper Harbour, Quill & Tide"),
        "The {material} {noun} ({variant})",
        "Published by {brand} in its {adjective} series.",
        _words("paperback, hardback, illustrated edition, pocket edition, large print, audiobook"),
        _words("story, writing, print, delivery"),
        "A book to lend to a friend and never get back.",
    ),
    Department(
        "Pets",
        _words("Waggle, Mosswhisker, Barkley Farm, Tailwind Pets"),
        _TITLE,
        _BLURB,
        _words("small, medium, large, multipack"),
        _words("acceptance, quality, packaging, delivery"),
        "Approved by several very strict testers on four paws.",
    ),
)

_BEGINNINGS: Final = _words(
    "Ash, Birch, Bram, Brook, Calder, Clover, Cor, Dun, East, Elder, Fair, Fern, Glen, Gold, Green, Hart, Hazel, Hol, "
    "Kirk, Lang, Lark, Lin, Mar, Mill, Nor, Oak, Pem, Quar, Raven, Red, Rose, Sel, Silver, Stan, Thorn, Up, Wake, "
    "West, Wind, Wood"
)
_ENDINGS: Final = _words(
    "beck, borough, bridge, brook, bury, by, combe, cote, dale, den, don, field, fold, ford, gate, grove, ham, haven, "
    "holm, hurst, land, leigh, ley, low, mere, minster, moor, mouth, port, ridge, rock, sted, stoke, stow, thorpe, "
    "ton, vale, well, wick, worth"
)
INVENTED_NAMES: Final = len(_BEGINNINGS) * len(_ENDINGS)


def invented_name(number: int) -> str:
    """Return one of `INVENTED_NAMES` different names, by its number."""
    row, column = divmod(number, len(_BEGINNINGS))
    return _BEGINNINGS[column] + _ENDINGS[(row + column) % len(_ENDINGS)]


# Two lines for each leaf: path | cheapest | dearest | peak | swing | interval | partner, then nouns | materials.
_LEAVES: Final = """
Home > Living room > Cushions & throws | 14 | 95 | 11 | 0.5 | 0 | Home > Living room > Candles
    cushion, throw, bolster, floor pouffe, blanket | linen, velvet, cotton, wool
Home > Living room > Tables | 60 | 480 | 12 | 0 | 0 | Home > Lighting > Lamps
    coffee table, side table, console table, nesting table | oak, walnut, marble, steel
Home > Living room > Candles | 6 | 38 | 12 | 0.8 | 40 |
    scented candle, pillar candle, candle holder, tea light set | beeswax, soy wax, cedar, fig
Home > Lighting > Lamps | 24 | 220 | 11 | 0.4 | 0 |
    table lamp, floor lamp, desk lamp, pendant lamp, wall light | brass, ceramic, glass, bamboo
Home > Bedroom > Bed linen | 18 | 160 | 1 | 0.3 | 0 | Home > Living room > Cushions & throws
    duvet cover, fitted sheet, pillowcase, quilt, bedspread | percale, linen, flannel, satin
Kitchen > Cookware > Pans | 24 | 190 | 12 | 0 | 0 | Grocery > Pantry > Oils & spices
    frying pan, saucepan, casserole, wok, grill pan | cast iron, steel, copper, ceramic
Kitchen > Tableware > Plates & bowls | 9 | 70 | 12 | 0 | 0 |
    dinner plate, cereal bowl, serving dish, pasta bowl, side plate | stoneware, porcelain, glazed, speckled
Kitchen > Coffee & tea > Coffee makers | 22 | 260 | 12 | 0.5 | 0 | Grocery > Drinks > Coffee
    espresso maker, French press, moka pot, pour-over set, coffee grinder | steel, glass, aluminium, ceramic
Kitchen > Preparation > Knives & boards | 14 | 150 | 12 | 0.3 | 0 |
    chef's knife, paring knife, bread knife, chopping board, knife block | Damascus steel, beech, walnut, carbon steel
Grocery > Drinks > Coffee | 5 | 24 | 12 | 0.1 | 21 |
    espresso beans, filter coffee, decaf beans, coffee capsules | dark roast, medium roast, light roast, single origin
Grocery > Drinks > Tea | 3 | 16 | 1 | 0.4 | 28 | Grocery > Pantry > Chocolate & sweets
    black tea, green tea, herbal tea, chai, iced tea | loose-leaf, lemon, mint, ginger
Grocery > Pantry > Pasta & sauces | 2 | 9 | 1 | 0.1 | 14 | Grocery > Pantry > Oils & spices
    spaghetti, penne, pesto, tomato sauce, lasagne sheets | durum, wholegrain, basil, egg
Grocery > Pantry > Chocolate & sweets | 2 | 22 | 12 | 0.9 | 18 |
    chocolate bar, truffles, toffees, nougat, chocolate almonds | dark, milk, hazelnut, sea salt
Grocery > Pantry > Oils & spices | 3 | 28 | 12 | 0.1 | 42 |
    olive oil, chilli flakes, curry powder, vinegar, sea salt | cold-pressed, smoked, aged, stone-ground
Garden > Plants > Seeds & bulbs | 2 | 14 | 4 | 1.6 | 0 | Garden > Tools > Hand tools
    tomato seeds, wildflower mix, tulip bulbs, herb seeds, salad seeds | heirloom, early, dwarf, meadow
Garden > Tools > Hand tools | 8 | 60 | 4 | 1.2 | 0 |
    trowel, secateurs, hand fork, weeder, watering can | ash, steel, zinc, copper
Garden > Outdoor living > Garden furniture | 45 | 520 | 6 | 1.4 | 0 |
    bistro set, lounge chair, bench, parasol, hammock | acacia, rattan, teak, aluminium
Garden > Outdoor living > Barbecue | 12 | 340 | 6 | 1.3 | 0 |
    kettle grill, fire bowl, grill tongs, pizza stone, smoker | enamel, cast iron, steel, cordierite
Fashion > Women > Dresses | 28 | 170 | 6 | 0.6 | 0 | Fashion > Accessories > Bags
    wrap dress, shirt dress, midi dress, slip dress, jersey dress | viscose, linen, satin, cotton
Fashion > Women > Knitwear | 30 | 190 | 12 | 0.9 | 0 | Fashion > Accessories > Scarves & gloves
    cardigan, jumper, polo neck, knit vest, poncho | merino, cashmere, cotton, alpaca
Fashion > Men > Shirts | 18 | 110 | 6 | 0.2 | 0 |
    Oxford shirt, overshirt, polo shirt, granddad shirt, T-shirt | linen, poplin, flannel, jersey
Fashion > Men > Jackets | 55 | 320 | 11 | 0.8 | 0 | Fashion > Accessories > Scarves & gloves
    parka, bomber jacket, field jacket, raincoat, quilted jacket | waxed, wool, recycled, ripstop
Fashion > Shoes > Trainers | 35 | 160 | 4 | 0.3 | 0 |
    low trainer, high-top, slip-on, court shoe, runner | leather, canvas, suede, knit
Fashion > Accessories > Bags | 22 | 240 | 12 | 0 | 0 |
    tote bag, rucksack, crossbody bag, weekender, clutch | leather, canvas, nylon, suede
Fashion > Accessories > Scarves & gloves | 10 | 85 | 12 | 1.3 | 0 |
    scarf, beanie, gloves, snood, mittens | merino, cashmere, lambswool, fleece
Beauty > Skin care > Face cream | 8 | 75 | 1 | 0.2 | 45 | Beauty > Make-up > Lipstick
    day cream, night cream, serum, eye cream, face oil | aloe, rosehip, hyaluron, oat
Beauty > Hair > Shampoo | 5 | 32 | 1 | 0 | 35 |
    shampoo, conditioner, hair mask, dry shampoo, scalp tonic | nettle, argan, coconut, rosemary
Beauty > Fragrance > Perfume | 22 | 160 | 12 | 1.1 | 0 |
    eau de parfum, cologne, body mist, perfume oil | neroli, vetiver, iris, amber
Beauty > Make-up > Lipstick | 6 | 38 | 12 | 0.3 | 0 |
    lipstick, lip tint, lip balm, gloss | matte, sheer, velvet, satin
Toys > Building > Construction sets | 15 | 140 | 12 | 1.5 | 0 |
    train set, marble run, castle set, crane set, space station | beech, magnetic, snap-together, cardboard
Toys > Games > Board games | 9 | 65 | 12 | 1.4 | 0 | Grocery > Pantry > Chocolate & sweets
    strategy game, card game, quiz, dice game, co-operative game | castle, harbour, dragon, detective
Toys > Soft toys > Plush animals | 10 | 55 | 12 | 1.2 | 0 | Books > Children > Picture books
    bear, rabbit, otter, elephant, fox | plush, corduroy, knitted, fleece
Toys > Creative > Craft sets | 6 | 48 | 12 | 1.1 | 0 |
    paint set, weaving loom, modelling clay, sticker book, bead set | water-colour, wooden, felt, paper
Sports > Fitness > Yoga & pilates | 9 | 95 | 1 | 0.9 | 0 |
    yoga mat, yoga block, resistance band, pilates ring, bolster | cork, natural rubber, cotton, foam
Sports > Running > Running clothes | 18 | 140 | 3 | 0.7 | 0 | Fashion > Shoes > Trainers
    running tights, running vest, running jacket, shorts, base layer | merino, mesh, thermal, windproof
Sports > Outdoor > Camping | 18 | 420 | 7 | 1.2 | 0 |
    tent, sleeping bag, camping stove, head torch, camping mat | ultralight, down, titanium, ripstop
Sports > Cycling > Bicycle accessories | 10 | 130 | 5 | 0.7 | 0 |
    bike light, helmet, pannier, bottle cage, bike lock | aluminium, carbon, reflective, steel
Electronics > Audio > Headphones | 25 | 360 | 12 | 0.8 | 0 | Electronics > Accessories > Chargers & cables
    over-ear headphones, earbuds, sports earphones, studio headphones | wireless, noise-cancelling, open-back, folding
Electronics > Audio > Speakers | 30 | 420 | 12 | 0.6 | 0 | Electronics > Accessories > Chargers & cables
    bookshelf speaker, portable speaker, soundbar, radio | wireless, walnut, waterproof, stereo
Electronics > Accessories > Chargers & cables | 8 | 75 | 12 | 0.3 | 0 |
    wall charger, power bank, charging cable, charging pad, adapter | braided, fast, slim, magnetic
Electronics > Smart home > Sensors & bulbs | 12 | 180 | 11 | 0.5 | 0 |
    smart bulb, motion sensor, smart plug, thermostat, light strip | wireless, dimmable, mesh, solar
Books > Fiction > Crime | 6 | 24 | 12 | 0.5 | 0 |
    Harbour, Lighthouse, Witness, Winter, Alibi, Bridge | Silent, Last, Drowned, Second, Northern, Locked
Books > Fiction > Fantasy | 7 | 28 | 12 | 0.5 | 0 |
    Crown, Dragon, Forest, Thief, Oath, Mountain | Glass, Ember, Hollow, Copper, Wandering, Starlit
Books > Non-fiction > Cookbooks | 12 | 38 | 12 | 0.9 | 0 | Grocery > Pantry > Oils & spices
    Kitchen, Table, Pantry, Oven, Market, Supper | Weeknight, Green, Sunday, Little, Slow, Seaside
Books > Children > Picture books | 5 | 18 | 12 | 1 | 0 |
    Hedgehog, Balloon, Puddle, Owl, Bus, Moon | Sleepy, Red, Tiny, Grumpy, Runaway, Curious
Pets > Dogs > Dog food | 4 | 48 | 1 | 0 | 24 |
    dry food, wet food, chews, training treats | chicken, lamb, salmon, grain-free
Pets > Dogs > Leads & beds | 9 | 110 | 10 | 0.2 | 0 | Pets > Dogs > Dog food
    lead, collar, harness, dog bed, blanket | rope, leather, fleece, orthopaedic
Pets > Cats > Cat food | 3 | 36 | 1 | 0 | 20 |
    dry food, pâté, treats, kitten food | tuna, chicken, trout, turkey
"""


def _leaf(head: str, words: str) -> Leaf:
    path, cheapest, dearest, peak, swing, interval, partner = (cell.strip() for cell in head.split("|"))
    nouns, materials = map(_words, words.split("|"))
    return Leaf(
        path, nouns, materials, float(cheapest), float(dearest), int(peak), float(swing), int(interval), partner
    )


_LINES: Final = _LEAVES.strip().splitlines()

LEAVES: Final = tuple(_leaf(head, words) for head, words in zip(_LINES[::2], _LINES[1::2], strict=True))


class Pole(NamedTuple):
    """One end of a style axis: its name, adjectives for titles, and a sentence for descriptions."""

    name: str
    adjectives: tuple[str, ...]
    sentence: str


STYLES: Final[tuple[tuple[Pole, Pole], ...]] = (
    (
        Pole("classic", _words("Classic, Heritage, Vintage"), "Timeless, in the manner of the old masters."),
        Pole("modern", _words("Modern, Nordic, Urban"), "Clear and contemporary, with nothing too much."),
    ),
    (
        Pole("plain", _words("Essential, Pure, Simple"), "Quiet and plain, it stays in the background."),
        Pole("colourful", _words("Vivid, Bright, Rainbow"), "Cheerful and full of colour, noticed across the room."),
    ),
    (
        Pole("natural", _words("Natural, Organic, Wild"), "Close to nature, in looks as in spirit."),
        Pole("bold", _words("Bold, Grand, Daring"), "Strong in character and not shy about it."),
    ),
    (
        Pole(
            "playful", _words("Playful, Merry, Happy"), "Made with a wink for people who do not take it too seriously."
        ),
        Pole("elegant", _words("Elegant, Fine, Signature"), "Refined down to the last detail, and a fine present too."),
    ),
)
"""The axes of style, each from its low pole to its high pole."""

ASPECT_WORDS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "acceptance": (_words("nil, a disaster"), _words("mixed, fair"), _words("wonderful, instant")),
    "battery": (_words("weak, flat by noon"), _words("average, fair"), _words("superb, good for days")),
    "colour": (_words("nothing like the picture, dull"), _words("acceptable, all right"), _words("lovely, spot on")),
    "comfort": (_words("poor, missing"), _words("fair, ordinary"), _words("heavenly, excellent")),
    "delivery": (_words("late, careless"), _words("on time, ordinary"), _words("quick, very careful")),
    "effect": (_words("not there, disappointing"), _words("slight, so-so"), _words("visible, amazing")),
    "fabric": (_words("scratchy, thin"), _words("decent, ordinary"), _words("soft, gorgeous")),
    "finish": (_words("rough, sloppy"), _words("decent, plain"), _words("flawless, beautiful")),
    "fit": (_words("far too tight, odd"), _words("a little loose, all right"), _words("perfect, true to size")),
    "freshness": (_words("gone, doubtful"), _words("fair, ordinary"), _words("great, perfect")),
    "fun": (_words("over in minutes, missing"), _words("moderate, so-so"), _words("endless, huge")),
    "handling": (_words("clumsy, annoying"), _words("fine, ordinary"), _words("a pleasure, very easy")),
    "instructions": (_words("useless, confusing"), _words("short, usable"), _words("clear, delightful")),
    "packaging": (_words("torn, wasteful"), _words("plain, adequate"), _words("neat, well thought out")),
    "print": (_words("faint, far too small"), _words("ordinary, readable"), _words("crisp, beautiful")),
    "quality": (_words("poor, cheap"), _words("average, acceptable"), _words("excellent, outstanding")),
    "scent": (_words("harsh, gone in an hour"), _words("faint, ordinary"), _words("divine, delicate")),
    "sound": (_words("tinny, muffled"), _words("fair, average"), _words("rich, crystal clear")),
    "story": (_words("thin, dull"), _words("predictable, fair"), _words("gripping, moving")),
    "sturdiness": (_words("a joke, poor"), _words("fair, acceptable"), _words("remarkable, first-rate")),
    "taste": (_words("bland, stale"), _words("fair, ordinary"), _words("delicious, rich")),
    "texture": (_words("sticky, greasy"), _words("fair, a bit heavy"), _words("silky, light")),
    "writing": (_words("wooden, clumsy"), _words("uneven, plain"), _words("brilliant, witty")),
}
"""Words about each aspect: negative, neutral and positive ones."""

ASPECT_SENTENCES: Final = ("The {} is {}.", "I find the {} {}.", "For me the {} was {}.")

REVIEW_TITLES: Final = (
    ("Not for me", "Disappointed", "Would not buy again", "Sent me looking elsewhere"),
    ("Does the job", "Mixed feelings", "Fine for the price", "Neither good nor bad"),
    ("Very happy", "Love it", "Would buy again", "A real find"),
)
REVIEW_OPENERS: Final = (
    ("I expected more.", "This was a let-down.", "It did not last long with us.", "Sadly a mistake."),
    ("It is all right.", "Some good, some bad.", "It does what it says.", "I am in two minds about it."),
    ("I am delighted.", "Exactly what I was looking for.", "We use it all the time.", "A pleasure from day one."),
)
"""Titles and openers of negative, neutral and positive reviews."""

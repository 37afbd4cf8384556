"""What thing an item is, read from its words: the name of the icon that stands for it."""

import re
from collections.abc import Iterable
from typing import Final

ANYTHING: Final = ("package", "gift", "shopping-bag", "box", "package-open", "tag", "sparkles", "gem")
"""Icons of items of which no word is known; each item has one of them."""

_WORDS: Final = """
sofa: sofa, couch, settee
layers: cushion, cushions, bolster, pouffe, pillow, throw, throws, blanket, quilt, bedspread, towel, towels, rug, mat
armchair: armchair, chair, lounge chair, seat, stool
table: table, desk, console, bistro set
coffee: coffee table, mug, cup, coffee, espresso, cappuccino, saucer, teacup
flame: candle, candles, pillar candle, tea light, t-light, t light, lantern, candle holder, incense
lamp: table lamp, lamp, lamps, lampshade
lamp-floor: floor lamp
lamp-desk: desk lamp
lamp-ceiling: pendant lamp, chandelier, ceiling light
lamp-wall-up: wall light, sconce
bed-double: duvet cover, fitted sheet, bed linen, bedding, mattress
bed: bed, pillowcase
egg-fried: egg, eggs
cooking-pot: frying pan, grill pan, saucepan, casserole, wok, pot, pan, pans, cookware
utensils: dinner plate, plate, plates, side plate, cutlery, tableware, fork, spoon
soup: cereal bowl, pasta bowl, bowl, bowls, soup, spaghetti, lasagne sheets
salad: serving dish, salad, dish, salad seeds
bean: espresso beans, decaf beans, beans
milk: French press, milk, moka pot, jug, pitcher
funnel: pour-over set, filter coffee
cog: coffee grinder, grinder
chef-hat: chef's knife, apron, kitchen
utensils-crossed: paring knife, bread knife, knife, knives, knife block
square-kanban: chopping board, cutting board, tray
hop: coffee capsules
pill: vitamins, supplement
leaf: green tea, herbal tea, tea, black tea, chai, herb seeds, herbs, organic
cup-soda: iced tea, soda, drink, drinks, bottle cage, smoothie
wheat: penne, pasta, flour, bread mix, cereal, muesli
sprout: pesto, wildflower mix, seeds, plants, plant
cherry: tomato sauce, tomato seeds, cherry, jam
candy: truffles, toffees, sweets, sweet, candy, nougat, training treats
candy-cane: christmas, candy cane, xmas, advent
nut: chocolate almonds, almonds, nuts
cookie: chocolate bar, chocolate, biscuit, biscuits, cookie, cookies, treats, chews
droplet: olive oil, vinegar, oil, serum, face oil, perfume oil, scalp tonic
flame-kindling: chilli flakes, curry powder, salt, spices, sea salt, smoker, fire bowl, firewood, camping stove
soap-dispenser-droplet: shampoo, conditioner, hair mask, soap, lotion, shower gel
flower: tulip bulbs, bulbs, flower, flowers, blossom
flower-2: perfume, eau de parfum, rose, vase, garland
shovel: trowel, hand fork, weeder, spade, shovel, garden tools
scissors: secateurs, scissors, shears
glass-water: watering can, glass, tumbler, water
wine: wine, carafe, wine glass
parasol: parasol, umbrella stand
umbrella: umbrella, raincoat
rocking-chair: bench, hammock, rocking chair
beef: kettle grill, barbecue, steak, beef, meat
pizza: pizza stone, pizza
drumstick: chicken, grill tongs, poultry
shirt: shirt, shirts, T-shirt, Oxford shirt, polo shirt, granddad shirt, overshirt, blouse, top, tops, tee, jumper
shirt: cardigan, polo neck, knit vest, running vest, base layer, sweater, knitwear, hoodie
gem: jewellery, ring, necklace, bracelet, earrings, pendant, clutch
shirt: dress, dresses, wrap dress, shirt dress, midi dress, slip dress, jersey dress, skirt, gown
shirt: jacket, jackets, parka, bomber jacket, field jacket, quilted jacket, running jacket, coat, poncho
footprints: high-top, slip-on, boots, boot, sandals, socks
sport-shoe: trainer, trainers, low trainer, court shoe, runner, sneaker, sneakers, shoe, shoes
shopping-bag: tote bag, bag, bags, shopper, lunch bag, jumbo bag
backpack: rucksack, backpack, school bag
handbag: crossbody bag, handbag, purse
briefcase: briefcase, laptop bag
luggage: weekender, suitcase, luggage, pannier
snowflake: scarf, scarves, snood, snow, knit
hand: gloves, mittens
hat-glasses: beanie, hat, cap, sunglasses
sun: day cream, sun cream
moon: night cream, Moon
eye: eye cream, mascara
spray-can: body mist, cologne, dry shampoo, deodorant, spray
smile: lip balm, gloss, lip tint
paintbrush: lipstick, make-up, makeup, brush
train-front: train set, train
rotate-3d: marble run
castle: castle set, castle
construction: crane set, crane
rocket: space station, rocket
chess-knight: strategy game, chess, board games
spade: card game, cards, playing cards
circle-question-mark: quiz
dices: dice game, dice, game, games
puzzle: puzzle, jigsaw, co-operative game
panda: bear, teddy, plush
rabbit: rabbit, bunny
fish: otter, fish, tuna, salmon, trout
paw-print: elephant, fox, pet, pets
palette: paint set, paint, water-colour
grid-3x3: weaving loom, mosaic
blocks: modelling clay, blocks, building set, toy, toys
sticker: sticker book, stickers, sticker
circle-dot: bead set, beads
scroll: yoga mat, camping mat, sleeping bag, wrapping paper, ribbon roll
box: yoga block, box, boxes, storage, crate
dumbbell: resistance band, dumbbell, weights, fitness
person-standing: yoga, pilates ring, running tights, tights, leggings, shorts, trousers, jeans, pants
tent: tent, camping
flashlight: head torch, torch, bike light
bike: bike, bicycle, cycling
hard-hat: helmet
lock: bike lock, padlock
headphones: over-ear headphones, studio headphones, headphones, headset
ear: earbuds, sports earphones, earphones
speaker: bookshelf speaker, speaker, speakers, soundbar
boom-box: portable speaker
radio: radio
plug-zap: wall charger, charger, adapter
battery-charging: power bank, battery, batteries
cable: charging cable, cable, cables, lead
zap: charging pad
lightbulb: smart bulb, bulb, light, lights
radar: motion sensor, sensor
plug: smart plug, plug
thermometer: thermostat, thermometer
sun-dim: light strip, fairy lights, string lights
smartphone: phone, smartphone, mobile
laptop: laptop, notebook computer
tablet: tablet
camera: camera, photo
watch: watch, watches
alarm-clock: clock, alarm clock
bone: dry food, dog food, dog
dog: collar, harness, dog bed, leads
cat: kitten food, pâté, cat food, cat
drum: wet food, drum, tin, tins
music: music, vinyl, record, album
guitar: guitar
disc-3: cd, dvd, blu-ray, audiobook
book-open: book, books, paperback, hardback, novel, notebook, diary, journal
pencil: pencil, pencils, pen, pens, stationery, crayon, chalk
mail: card, postcard, envelope, letter, stamp
gift: gift, present, wrap
cake: cake, cakestand, cupcake, baking, bunting, birthday
heart: heart, love, valentine
star: star, decoration, ornament
bird: bird, dovecote, birdhouse, owl
baby: baby, nappy, infant
frame: frame, picture, print, poster, canvas, sign
door-closed: door, doormat, hook, hanger, drawer, knob
trash-2: bin, waste
key: key, keyring
wrench: wrench, tool, tools, screwdriver
hammer: hammer, DIY
car: car, auto, vehicle
washing-machine: washing machine, laundry, peg
refrigerator: fridge, refrigerator
tv: tv, television, monitor
keyboard: keyboard
mouse: mouse
printer: printer, ink, toner
trophy: football, sport, sports, trophy
volleyball: ball, basketball, volleyball
fishing-hook: fishing
tree-pine: tree, garden, forest
apple: apple, fruit, grocery, food
carrot: vegetable, carrot, vegetables
croissant: bread, croissant, pastry
ice-cream-cone: ice cream
bottle-wine: wine bottle, hot water bottle, water bottle, bottle, bottles
bath: bath, bathroom
shower-head: shower
toilet: toilet
brush-cleaning: cleaning, broom, mop
house: home, house, living room, cottage
"""


def _table() -> dict[str, str]:
    lines = (line.split(": ", 1) for line in _WORDS.strip().splitlines())
    return {word.strip().casefold(): icon for icon, words in lines for word in words.split(", ")}


THINGS: Final = _table()
"""The icon of each word or phrase."""

_LONGEST: Final = max(len(word.split()) for word in THINGS)


def thing(texts: Iterable[str], choice: int) -> str:
    """Return the icon of the first text that has a known word.

    Of one text, the last known phrase counts, and the longest that ends there: nouns stand at the end of a title.

    Parameters
    ----------
    texts
        The title, then the category from its leaf up.
    choice
        A number of the item's own; chooses among `ANYTHING` if no word is known.
    """
    for text in texts:
        words = re.findall(r"[\w'’/-]+", text.casefold())
        for end in range(len(words), 0, -1):
            for start in range(max(end - _LONGEST, 0), end):
                icon = THINGS.get(" ".join(words[start:end]))
                if icon is not None:
                    return icon
    return ANYTHING[choice % len(ANYTHING)]

"""What shops call their columns, in several languages."""

import unicodedata
from collections.abc import Iterator
from typing import Final

_WORDS: Final = """
user_id: userid user uid customerid customer customerno customernumber clientid client shopperid shopper visitorid
    visitor memberid member buyerid buyer accountid account personid reviewerid userpseudoid customeruniqueid kunde
    kundenid kundennummer kundennr cliente clienteid idcliente idclient utilisateur usuario idusuario utente klant
    klantid kundid anonymousid cookieid deviceid email customeremail billingemail emailbilling emailaddress username
item_id: itemid sku item productid product productcode productno stockcode articleid article articleno articlenumber
    asin isbn upc ean gtin movieid bookid songid clothingid variantid offerid artikel artikelid artikelnummer
    artikelnr produkt produktid produktnummer producto idproducto produto idproduto produit idproduit articulo
    prodotto lineitemsku itemsku itemcode
timestamp: timestamp eventtime eventtimestamp time datetime date createdat created eventdate orderdate orderedat
    invoicedate purchasedate purchasedat transactiondate orderpurchasetimestamp ts unixts unixtime occurredat paidat
    reviewtime unixreviewtime datum zeit zeitpunkt bestelldatum auftragsdatum rechnungsdatum kaufdatum
    fecha fechapedido data datapedido datahora dataora heure orderts day soldat
event: event eventtype eventname action actiontype behavior behaviour behaviortype activity ereignis evento
event_id: eventid messageid rowid lineid orderlineid orderitemid
session_id: sessionid session usersession visitid visit sitzung sesion
quantity: quantity qty amountofitems count units pieces numitems lineitemquantity itemquantity qtyordered quantityrefund
    quantityordered menge anzahl stueck stuck cantidad
    quantite quantita quantidade qtde aantal antal
price: price unitprice itemprice itemcost productprice pricevalue saleprice lineitemprice preis stuckpreis einzelpreis
    precio preciounitario prix prixunitaire preco precounitario prezzo prijs pris
currency: currency currencycode ordercurrency ordercurrencycode waehrung wahrung moneda devise moeda valuta
rating: rating stars star score reviewscore overall grade note bewertung sterne calificacion avaliacao nota
transaction_id: transactionid transaction orderid order orderno ordernumber incrementid invoiceid invoice invoiceno
    basketid
    checkoutid receiptid bestellung bestellnummer bestellnr auftrag auftragsnummer rechnungsnummer bonnr bonnummer
    belegnummer belegnr
    pedido idpedido
    numeropedido commande numerocommande ordine
position: position rank slot
placement: placement shelf widget
recommendation_id: recommendationid
properties: properties props extra metadata
title: title name productname itemname producttitle itemtitle moviename artikelname bezeichnung titel nombre nom
    titre nome titulo summary reviewtitle headline
description: description productdescription longdescription beschreibung descripcion descricao desc
category: category categorypath categoryname productcategory producttype categorycode department departmentname
    classname genre kategorie categoria categorie rubrik warengruppe
brand: brand brandname vendor manufacturer maker marke hersteller marca marque merk
image_url: imageurl image imagelink imagesrc picture pictureurl photo photourl bild bildurl imagen
url: url link producturl productlink permalink
tags: tags keywords labels genres
item_group_id: itemgroupid itemgroup groupid parentid parentsku parentasin parentproductid productgroupid masterid
cost: cost costprice unitcost itemcost purchaseprice wholesaleprice einkaufspreis
stock: stock inventory stockquantity onhand available lagerbestand bestand existencias estoque
in_stock: instock availability available isavailable
available_from: availablefrom releasedate releasedat publishedat launchdate onlinesince createdat
hidden: hidden deleted archived unlisted
attributes: attributes attrs features
review_id: reviewid commentid feedbackid
text: text reviewtext review body reviewbody comment content reviewcommentmessage message kommentar comentario
    commentaire bewertungstext
"""


def _entries() -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in _WORDS.replace("\n    ", " ").strip().splitlines():
        ours, _, theirs = entry.partition(": ")
        yield ours, tuple(theirs.split())


SYNONYMS: Final[dict[str, tuple[str, ...]]] = dict(_entries())
"""Other names for our columns, likeliest first, as `squashed` spells them."""


def squashed(name: str) -> str:
    """Return the letters and digits of a name in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())

"""Shelves in e-mails: a table of HTML when one is sent, a picture and a link for each place when one is opened."""
